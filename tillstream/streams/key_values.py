"""Values of a window's keys as a question writes them: over HTTP, and in an address of a page."""

import re
from datetime import UTC, datetime
from decimal import Decimal

from tillstream.streams.definition import LEAST_INTEGER, MOST_INTEGER, Key

#: A value of a key; None is an event that had none.
Value = str | int | bool | Decimal | datetime | None

#: Longest text of a value, and how much of a wrong one is repeated, characters.
MAX_TEXT = 4_096
SHOWN_CHARACTERS = 64

_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,19}(\.\d{1,9})?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


def time_of(text: str) -> datetime:
    """A time of ISO 8601, in UTC where it says no offset; raises ValueError, OverflowError."""
    moment = datetime.fromisoformat(text)
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return aware.astimezone(UTC)


def value_of(key: Key, text: str) -> Value:
    """What a parameter of a key says; an empty text is null. Raises ValueError."""
    if text == "":
        return None
    shown = repr(text[:SHOWN_CHARACTERS])
    match key.read_as:
        case "integer":
            if _INTEGER.fullmatch(text) and LEAST_INTEGER <= int(text) <= MOST_INTEGER:
                return int(text)
            raise ValueError(f"is {shown}; it is an integer of 64 bits")
        case "decimal":
            if _DECIMAL.fullmatch(text):
                return Decimal(text)
            raise ValueError(f"is {shown}; it is a number such as 12.50")
        case "boolean":
            if text in _BOOLEANS:
                return _BOOLEANS[text]
            raise ValueError(f"is {shown}; it is true or false")
        case "timestamp":
            try:
                return time_of(text)
            except (ValueError, OverflowError) as error:
                raise ValueError(f"is {shown}; it is a time of ISO 8601") from error
        case "text":
            if len(text) <= MAX_TEXT:
                return text
            raise ValueError(f"has more than {MAX_TEXT} characters")
