"""Text of a till, fit to read: what cannot be seen, or turns others around, is written out."""

import re

#: Control characters, the marks that change the direction of what follows, and what has no width.
#: The same set stands in `assets/12-format.js`.
_UNSEEN = re.compile(
    "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u115f\\u1160\\u180e\\u200b\\u200e\\u200f"
    "\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb\\ud800-\\udfff"
    "\\U000e0000-\\U000e007f]"
)


def visible(text: str) -> str:
    r"""`text` with each such sign as its code, U+202E as `\u202e`; all others stay."""
    return _UNSEEN.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\u{{{code:x}}}"
