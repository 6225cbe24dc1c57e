"""One value of a field: from JSON or from a text cell to how it travels; docs/events.md.

| field | as it travels |
|---|---|
| text | str; an empty one is None |
| enum | its place among the values |
| integer, timestamp (microseconds) | int |
| decimal | int, minor units |
| boolean | bool |
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from entrypoint.events import times
from entrypoint.events.broken_rules import BrokenRuleError, shown
from tillstream.streams.definition import (
    LEAST_INTEGER,
    MOST_DECIMAL,
    MOST_INTEGER,
    Field,
)

#: Gives the value as it travels; the second argument is the door's clock in microseconds. Raises
#: BrokenRuleError.
Check = Callable[[Any, int], Any]

#: White space that stands around numbers in files; texts are taken as they are.
BLANKS = " \t"
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_DECIMAL = re.compile(r"([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?0*\d{1,3}))?", re.ASCII)
#: Characters of a number.
_MOST_DIGITS = 60
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False} | {
    "FALSE": False
}


def json_check(field: Field, *, is_event_time: bool) -> Check:
    """Checks a value that was read from JSON."""
    return _check(field, _JSON[field.type], is_event_time=is_event_time)


def text_check(field: Field, *, is_event_time: bool) -> Check:
    """Checks a cell of a CSV."""
    return _check(field, _TEXT[field.type], is_event_time=is_event_time)


def _check(
    field: Field, read: Callable[[Field, Any], Any], *, is_event_time: bool
) -> Callable[[Any, int], Any]:
    within = _WITHIN.get(field.type)

    def check(value: Any, now_us: int) -> Any:
        if value is None or value == "":
            if field.required:
                raise BrokenRuleError("required", "it is required; send a value")
            return None
        found = read(field, value)
        if is_event_time or within is None:
            if field.type == "timestamp":
                times.require_within(found, is_event_time=is_event_time, now_us=now_us)
        else:
            within(field, found)
        return found

    return check


def minor_units(field: Field, text: str) -> int:
    """A decimal of a text in minor units, exactly; raises BrokenRuleError."""
    found = _DECIMAL.fullmatch(text) if len(text) <= _MOST_DIGITS else None
    if found is None or not (found[2] or found[3]):
        raise BrokenRuleError(
            "type", f"{shown(text)} is no number; write it as 12.50, with a point"
        )
    digits = int(found[1] + found[2] + found[3])
    places = len(found[3]) - int(found[4] or "0") - field.scale
    if places <= 0:
        return int(digits) * int(10**-places)
    units, rest = divmod(digits, int(10**places))
    if rest:
        raise _too_many_places(field, text)
    return units


def _too_many_places(field: Field, value: Any) -> BrokenRuleError:
    return BrokenRuleError(
        "places", f"{shown(value)} has more than {field.scale} decimal places; round it"
    )


def _text(field: Field, value: Any) -> str:
    if field.integers and type(value) is int:
        if LEAST_INTEGER <= value <= MOST_INTEGER:
            return str(value)
        raise BrokenRuleError(
            "bounds", "it does not fit 64 bits; send it in quotes, or a shorter id"
        )
    if type(value) is not str:
        raise BrokenRuleError("type", f"{shown(value)} is no text; put it in quotes")
    return value


def _enum(field: Field, value: Any) -> int:
    try:
        return field.values.index(value)
    except ValueError:
        raise BrokenRuleError(
            "enum", f"{shown(value)} is none of {', '.join(field.values)}"
        ) from None


def _json_integer(field: Field, value: Any) -> int:
    if type(value) is int:
        return value
    if type(value) is str:
        return _integer(field, value)
    raise BrokenRuleError(
        "type", f"{shown(value)} is no integer; write it as 12, without a point and an exponent"
    )


def _integer(_: Field, text: str) -> int:
    text = text.strip(BLANKS)
    if _INTEGER.fullmatch(text) is None:
        raise BrokenRuleError(
            "type", f"{shown(text)} is no integer; write it as 12, without a point and an exponent"
        )
    return int(text) if len(text) <= _MOST_DIGITS else MOST_INTEGER + 1


def _json_decimal(field: Field, value: Any) -> int:
    if type(value) is int:
        return value * int(10**field.scale)
    if type(value) is str:
        return minor_units(field, value.strip(BLANKS))
    if type(value) is not float or value != value:  # NaN, of Arrow and Parquet
        raise BrokenRuleError("type", f"{shown(value)} is no number; write it as 12.50")
    # A double has 15 digits: within the bound the nearest decimal is the one that was written.
    unit = int(10**field.scale)
    if abs(value) * unit > MOST_DECIMAL:
        return MOST_DECIMAL + 1
    units = round(value * unit)
    if units / unit != value:
        raise _too_many_places(field, value)
    return units


def _text_decimal(field: Field, text: str) -> int:
    return minor_units(field, text.strip(BLANKS))


def _json_boolean(_: Field, value: Any) -> bool:
    if type(value) is not bool:
        raise BrokenRuleError("type", f"{shown(value)} is neither true nor false")
    return value


def _text_boolean(_: Field, text: str) -> bool:
    found = BOOLEANS.get(text)
    if found is None:
        raise BrokenRuleError("type", f"{shown(text)} is neither true nor false")
    return found


def _json_time(field: Field, value: Any) -> int:
    if type(value) is not str:
        raise BrokenRuleError(
            "type", f"{shown(value)} is no time; write it as a text, 2026-11-21T08:00:01Z"
        )
    return times.from_text(field, value)


def _within_text(field: Field, value: str) -> None:
    if len(value) > field.max_length:
        raise BrokenRuleError(
            "max-length",
            f"it has {len(value)} characters; {field.max_length} are the most; shorten it",
        )
    if "\0" in value:
        raise BrokenRuleError("characters", "it holds NUL; leave it out")


def _within_integer(field: Field, value: int) -> None:
    if not LEAST_INTEGER <= value <= MOST_INTEGER:
        raise BrokenRuleError(
            "bounds", "it does not fit 64 bits; declare the field as text, or send a shorter id"
        )
    if not field.minimum <= value <= field.maximum:
        raise BrokenRuleError("bounds", f"{_range(field.minimum, field.maximum)} are allowed")


def _within_decimal(field: Field, value: int) -> None:
    least, most = decimal_bounds(field)
    if not least <= value <= most:
        low, high = (str(Decimal(bound).scaleb(-field.scale)) for bound in (least, most))
        raise BrokenRuleError("bounds", f"{low} to {high} are allowed")


def decimal_bounds(field: Field) -> tuple[int, int]:
    """The least and the most of a decimal, in minor units."""
    return max(field.minimum, -MOST_DECIMAL), min(field.maximum, MOST_DECIMAL)


def _range(least: int, most: int) -> str:
    if most == MOST_INTEGER:
        return f"{least} and more"
    return f"{least} to {most}" if least != LEAST_INTEGER else f"{most} and less"


_JSON: dict[str, Callable[[Field, Any], Any]] = {
    "text": _text,
    "enum": _enum,
    "integer": _json_integer,
    "decimal": _json_decimal,
    "boolean": _json_boolean,
    "timestamp": _json_time,
}
_TEXT: dict[str, Callable[[Field, Any], Any]] = {
    "text": _text,
    "enum": _enum,
    "integer": _integer,
    "decimal": _text_decimal,
    "boolean": _text_boolean,
    "timestamp": times.from_text,
}
_WITHIN: dict[str, Callable[[Field, Any], None]] = {
    "text": _within_text,
    "integer": _within_integer,
    "decimal": _within_decimal,
}
