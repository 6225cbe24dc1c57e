"""Lengths of time in definitions: `4 s`, `10 min`, `3 h`, `30 days`."""

import re

_UNITS = {
    "ms": 1_000,
    "s": 1_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "day": 86_400_000_000,
    "days": 86_400_000_000,
}
_TEXT = re.compile(r"(\d{1,9}) ?(ms|s|min|h|days?)")


def microseconds(text: str) -> int:
    """Raises ValueError with what is allowed."""
    found = _TEXT.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise ValueError("write a number and one of ms, s, min, h, days, such as `10 min`")
    return int(found[1]) * _UNITS[found[2]]
