"""Times of events: from text to microseconds since 1970 in UTC, and how far they may be."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from entrypoint.events.broken_rules import BrokenRuleError, shown
from tillstream.streams.definition import Field
from tillstream.streams.window_rows import microseconds

#: So far ahead of the door's clock an event may be dated, microseconds.
MOST_AHEAD_US = 86_400_000_000
#: Of timestamps that are not the event's own time: half-open, microseconds. No calendar, file
#: format or client library of ours has an end between them.
LEAST_TIME_US = microseconds(datetime(1900, 1, 1, tzinfo=UTC))
END_OF_TIME_US = microseconds(datetime(3000, 1, 1, tzinfo=UTC))

_TEXT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?"
    r" ?(UTC|Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?",
    re.ASCII,
)
_CURE = "write it as 2026-11-21 08:00:01 or 2026-11-21T08:00:01.123456Z"


def from_text(field: Field, text: str) -> int:
    """Microseconds; digits beyond them are cut off. Raises BrokenRuleError."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise BrokenRuleError("time", f"{shown(text)} is no time; {_CURE}")
    day, hour, minute, second, fraction, offset = found.groups()
    try:
        naive = datetime.fromisoformat(f"{day}T{hour or '00'}:{minute or '00'}:{second or '00'}")
    except ValueError as error:
        raise BrokenRuleError("time", f"{shown(text)}: {error}; {_CURE}") from error
    if fraction:
        naive = naive.replace(microsecond=int(fraction[:6].ljust(6, "0")))
    if offset is None:
        if field.zone is None:
            raise BrokenRuleError(
                "zone", f"{shown(text)} names no zone; end it with Z or an offset such as +01:00"
            )
        return microseconds(naive.replace(tzinfo=ZoneInfo(field.zone)))
    return microseconds(naive.replace(tzinfo=UTC)) - _offset_us(offset)


def bounds(*, is_event_time: bool, now_us: int) -> tuple[int, int]:
    """The least and the most that a timestamp may be, both allowed, microseconds."""
    if is_event_time:
        return 0, now_us + MOST_AHEAD_US
    return LEAST_TIME_US, END_OF_TIME_US - 1


def require_within(value: int, *, is_event_time: bool, now_us: int) -> None:
    """Raises BrokenRuleError for a time that is too far away."""
    if not is_event_time:
        if not LEAST_TIME_US <= value < END_OF_TIME_US:
            raise BrokenRuleError("bounds", "it is not within the years 1900 to 2999")
    elif value < 0:
        raise BrokenRuleError("bounds", "events are from 1970 on")
    elif value > now_us + MOST_AHEAD_US:
        raise BrokenRuleError(
            "ahead", "it is more than a day ahead of the door's clock; mend the sender's clock"
        )


def _offset_us(offset: str) -> int:
    if offset in ("UTC", "Z"):
        return 0
    digits = offset[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or "0")
    return (minutes if offset[0] == "+" else -minutes) * 60_000_000
