"""Whether a text is a value of a field: the examples of definitions are checked by it."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tillstream.streams.definition import Field

_NUMBER = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]{1,18})?")
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?) ?(Z|UTC|[+-]\d{2}:?\d{2})?"
)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def reason_against(field: Field, text: str) -> str | None:
    """Why the text is no value of the field; None if it is one."""
    match field.type:
        case "text":
            if len(text) > field.max_length:
                return f"has {len(text):,} characters, of {field.max_length:,} that are allowed"
        case "enum":
            if text not in field.values:
                return f"is none of {', '.join(field.values)}"
        case "boolean":
            if text not in ("true", "false"):
                return "is neither true nor false"
        case "timestamp":
            return _no_time(field, text)
        case "integer" | "decimal":
            return _no_number(field, text)
    return None


def _no_number(field: Field, text: str) -> str | None:
    if not _NUMBER.fullmatch(text):
        return "is no number"
    _, _, places = text.partition(".")
    if len(places) > field.scale:
        return f"has {len(places)} places, and the field has {field.scale}"
    if not field.minimum <= int(Decimal(text).scaleb(field.scale)) <= field.maximum:
        return "is outside the field's bounds"
    return None


def _no_time(field: Field, text: str) -> str | None:
    found = _INSTANT.fullmatch(text)
    if found is None:
        return "is no time such as 2026-11-28T12:00:00Z"
    zone = (found[2] or "").replace("UTC", "Z")
    try:
        time = datetime.fromisoformat(found[1] + zone)
        if time.tzinfo is None:
            if field.zone is None:
                return "names no zone, and the field has none"
            time = time.replace(tzinfo=ZoneInfo(field.zone))
        if time - _FIRST < timedelta(0):
            return "is before 1970"
    except (ValueError, OverflowError):
        return "is no time that exists"
    return None
