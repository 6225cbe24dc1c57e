"""A person's value within texts that were refused: whether one has it, by value or by digest. Pure.

What was refused has no columns, so a text that has the value anywhere, as a word of its own, is no
longer kept.
"""

import json
import re
from collections.abc import Callable

_WORD = re.compile(r"\w")


def forms(value: int | str) -> list[str]:
    """How a value may stand in JSON and CSV."""
    text = str(value)
    found = [text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]]
    return list(dict.fromkeys([*found, text.replace('"', '""')]))


def has_value(text: str, value: int | str) -> bool:
    """Whether it has the value."""
    every = "|".join(re.escape(form) for form in forms(value))
    return re.search(rf"(?<!\w)(?:{every})(?!\w)", text) is not None


def has_digest(text: str, characters: int, is_known: Callable[[str], bool]) -> bool:
    """The same, where only the digest of a form of so many characters is known."""
    for begin in range(len(text) - characters + 1):
        end = begin + characters
        is_word = (begin == 0 or not _WORD.match(text[begin - 1])) and (
            end == len(text) or not _WORD.match(text[end])
        )
        if is_word and is_known(text[begin:end]):
            return True
    return False
