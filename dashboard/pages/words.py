"""Pages in the language of their reader."""

from typing import Any

from dashboard.pages.formatting import Verbatim
from dashboard.pages.languages import language

#: Properties that hold words; `children` may hold further components too.
_WORDS = (
    "children",
    "title",
    "aria-label",
    "data-live",
    "data-whole",
    "data-waiting",
    "label",
    "placeholder",
    "nothingFoundMessage",
)


def translate(part: Any, code: str) -> Any:
    """`part` (components, lists, text) with its words in a language; text of the data stays."""
    return _translated(part, language(code).words)


def _translated(part: Any, words: dict[str, str]) -> Any:
    if isinstance(part, Verbatim):
        return part
    if isinstance(part, str):
        return words.get(part, part)
    if isinstance(part, list | tuple):
        return [_translated(each, words) for each in part]
    for name in _WORDS:
        value = getattr(part, name, None)
        if value is not None:
            setattr(part, name, _translated(value, words))
    options = getattr(part, "data", None)
    if isinstance(options, list):
        part.data = [each | {"label": _translated(each["label"], words)} for each in options]
    return part
