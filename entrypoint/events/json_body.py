"""One JSON object, a JSON array of them, or NDJSON: the columns at once, else event by event."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from entrypoint.events import column_checks
from entrypoint.events.broken_rules import BrokenRuleError
from entrypoint.events.column_checks import NotPlainError
from entrypoint.events.contract import Contract, enum_values
from entrypoint.events.reading import BodyError, SlowRow, numbered_lines
from entrypoint.syntax_errors import json_error
from tillstream.streams.definition import LEAST_INTEGER, MOST_INTEGER, Field

_NEWLINE, _BRACE = b"\n}"
_any = msgspec.json.Decoder().decode
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
#: Fields of an object of which each value is looked at.
_MOST_FIELDS = 1_000
#: What a reader of JSON raises.
READ_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def lines_to_columns(body: bytes, contract: Contract, now_us: int) -> list[pa.Array]:
    """NDJSON in columns; raises NotPlainError."""
    try:
        events = contract.decoder.decode_lines(body)
    except READ_ERRORS as error:
        raise NotPlainError from error
    if not _is_one_a_line(body, len(events)):
        raise NotPlainError
    return _columns(body, events, contract, now_us)


def _is_one_a_line(body: bytes, count: int) -> bool:
    """Whether each line is one of so many flat objects.

    The decoder takes several objects on a line, and one on several lines, but no line break in a
    text. So a line is one event where a line break follows each `}` and a `}` stands before each.
    """
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n")
    data = np.frombuffer(body, np.uint8)[: len(body) - body.endswith(b"\n")]
    is_brace, is_break = data == _BRACE, data == _NEWLINE
    if count and np.array_equal(is_brace[:-1], is_break[1:]):
        return bool(is_brace[-1])
    # Slower, where a text holds a `}`.
    breaks = body.count(b"\n") - body.endswith(b"\n")
    return count > 0 and breaks == count - 1 == body.count(b"}\n{")


def list_to_columns(body: bytes, contract: Contract, now_us: int) -> list[pa.Array]:
    """A JSON array in columns; raises NotPlainError."""
    try:
        events = contract.list_decoder.decode(body)
    except READ_ERRORS as error:
        raise NotPlainError from error
    if not events:
        raise NotPlainError
    return _columns(body, events, contract, now_us)


def _columns(body: bytes, events: Sequence[Any], contract: Contract, now_us: int) -> list[pa.Array]:
    if b"\\" in body and b"\\u0000" in body:
        raise NotPlainError
    found = list(zip(*map(contract.values, events), strict=True))
    try:
        plain = [
            _plain(field, values) for field, values in zip(contract.fields, found, strict=True)
        ]
    except (OverflowError, pa.ArrowException) as error:
        raise NotPlainError from error
    return column_checks.checked(contract.fields, plain, contract.stream.event_time, now_us)


def _plain(field: Field, values: Sequence[Any]) -> pa.Array:
    match field.type:
        case "text" | "timestamp":
            if field.integers:
                values = _digits(values)
            array = pa.array(values, pa.string())
            return column_checks.empty_texts_to_null(array)
        case "enum":
            places = {None: -1} | {value: place for place, value in enumerate(field.values)}
            codes = np.fromiter(map(places.__getitem__, values), np.int8, len(values))
            found = pa.array(codes, mask=codes < 0)
            return pa.DictionaryArray.from_arrays(found, enum_values(field))
        case "integer":
            return _numbers(values, np.int64)
        case "decimal":
            return _numbers(values, np.float64)
        case _:
            return pa.array(values, pa.bool_())


def _digits(values: Sequence[Any]) -> Sequence[Any]:
    """Integers among texts as their digits; raises OverflowError beyond 64 bits."""
    if int not in set(map(type, values)):
        return values
    numbers = [value for value in values if type(value) is int]
    if not LEAST_INTEGER <= min(numbers) <= max(numbers) <= MOST_INTEGER:
        raise OverflowError
    return [str(value) if type(value) is int else value for value in values]


def _numbers(values: Sequence[Any], kind: type[np.int64] | type[np.float64]) -> pa.Array:
    try:
        return pa.array(np.fromiter(values, kind, len(values)))
    except TypeError:  # some are None
        return pa.array(values, pa.from_numpy_dtype(kind))


def line_rows(body: bytes, contract: Contract, now_us: int) -> Iterator[SlowRow]:
    """Each line of NDJSON, checked alone."""
    for number, line in numbered_lines(body):
        yield _row(number, line, contract, now_us)


def list_rows(body: bytes, contract: Contract, now_us: int) -> Iterator[SlowRow]:
    """Each object of a JSON array, checked alone; raises BodyError where it is no JSON."""
    try:
        events = _raw_list(body)
    except READ_ERRORS as error:
        raise BodyError(
            "json", f"not a JSON array: {json_error(body, error)}; send it whole"
        ) from error
    for number, event in enumerate(events, 1):
        yield _row(number, bytes(event), contract, now_us)


def value_of(text: bytes | msgspec.Raw, levels: int = 1) -> Any:
    """A JSON value; raises READ_ERRORS.

    A number beyond the range of doubles is JSON: it is infinity, which no field takes. So is what
    has one in it, but for objects of the first `levels` levels.
    """
    try:
        return _any(text)
    except msgspec.ValidationError:
        if not levels:
            return math.inf
    try:
        fields = _object(text)
    except msgspec.ValidationError:  # it is no object
        return math.inf
    # Each number beyond the range costs an exception. No stream has so many fields: it is refused.
    return {
        name: value_of(value, levels - 1) if place < _MOST_FIELDS else None
        for place, (name, value) in enumerate(fields.items())
    }


def one_row(body: bytes, contract: Contract, now_us: int) -> SlowRow:
    """The one object of a body, over however many lines."""
    return _row(1, body, contract, now_us)


def _row(number: int, text: bytes, contract: Contract, now_us: int) -> SlowRow:
    # What is not UTF-8 is kept in the quarantine as well as it can be.
    shown = text.decode(errors="replace")
    try:
        event = value_of(text)
    except READ_ERRORS as error:
        broken = BrokenRuleError(
            "json",
            f"not one JSON object: {json_error(text, error)}; write an event a line",
        )
        return SlowRow(number, shown, None, [("", broken)])
    return SlowRow(number, shown, *contract.json_row(event, now_us))
