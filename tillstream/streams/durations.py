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
_TEXT = re.compile(r"([0-9]{1,15}) ?(ms|s|min|h|days?)")


#: A hundred years: so that no sum with a time of events exceeds 64 bits.
_MOST = 36_500 * _UNITS["days"]


def microseconds(text: str, *, zero: bool = False) -> int:
    """The length; nothing only where `zero` allows it. Raises ValueError with what is allowed."""
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise ValueError("write a number and one of ms, s, min, h, days, such as `10 min`")
    length = int(found[1]) * _UNITS[found[2]]
    if length == 0 and not zero:
        raise ValueError("it has to be longer than nothing, such as `10 min`")
    if length > _MOST:
        raise ValueError("at most 36,500 days")
    return length
