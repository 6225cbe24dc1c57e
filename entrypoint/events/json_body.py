"""One JSON object, a JSON array of them, or NDJSON: the columns at once, else event by event."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from entrypoint.events import column_checks
from entrypoint.events.broken_rules import BrokenRuleError
from entrypoint.events.column_checks import NotPlainError
from entrypoint.events.contract import Contract
from entrypoint.events.reading import BodyError, SlowRow, numbered_lines
from entrypoint.syntax_errors import json_error
from tillstream.streams.definition import Field

_any = msgspec.json.Decoder().decode
_raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
#: What a reader of JSON raises.
READ_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def lines_to_columns(body: bytes, contract: Contract, now_us: int) -> list[pa.Array]:
    """NDJSON in columns; raises NotPlainError."""
    try:
        events = contract.decoder.decode_lines(body)
    except READ_ERRORS as error:
        raise NotPlainError from error
    # The decoder takes several objects on a line, and one on several lines; a line is one event.
    gaps = len(events) - 1
    breaks = body.count(b"\n") - body.endswith(b"\n")
    if gaps < 0 or breaks != gaps:
        raise NotPlainError
    if body.count(b"}\n{") != gaps and body.count(b"}\r\n{") != gaps:
        raise NotPlainError
    return _columns(body, events, contract, now_us)


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
    if b"\\u0000" in body:
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
        case "text" | "enum" | "timestamp":
            array = pa.array(values, pa.string())
            return column_checks.empty_texts_to_null(array)
        case "integer":
            return pa.array(values, pa.int64())
        case "decimal":
            return pa.array(values, pa.float64())
        case _:
            return pa.array(values, pa.bool_())


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


def _row(number: int, text: bytes, contract: Contract, now_us: int) -> SlowRow:
    # What is not UTF-8 is kept in the quarantine as well as it can be.
    shown = text.decode(errors="replace")
    try:
        event = _any(text)
    except READ_ERRORS as error:
        broken = BrokenRuleError(
            "json",
            f"not one JSON object: {json_error(text, error)}; write an event a line",
        )
        return SlowRow(number, shown, None, [("", broken)])
    return SlowRow(number, shown, *contract.json_row(event, now_us))
