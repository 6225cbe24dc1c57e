"""Rows of Arrow's columns, each checked alone: as JSON would have its values."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from entrypoint.events.arrow_body import first_line
from entrypoint.events.column_checks import as_one
from entrypoint.events.contract import Contract
from entrypoint.events.reading import BodyError, SlowRow
from tillstream.streams.builtin import MOST_ROW_CHARACTERS

_IN_A_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
#: Of the years 1 to 9999, Unix seconds.
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799


def rows(table: pa.Table, contract: Contract, now_us: int) -> Iterator[SlowRow]:
    """Each row, checked alone."""
    try:
        found = [
            _values(as_one(table[name])) if name in table.column_names else [None] * table.num_rows
            for name in contract.names
        ]
    except (pa.ArrowException, ValueError) as error:
        raise BodyError("arrow", f"a column cannot be read: {first_line(error)}") from error
    for number, values in enumerate(zip(*found, strict=True), 1):
        row, broken = contract.checked(values, contract.json_checks, now_us)
        yield SlowRow(number, _as_json(contract, values) if broken else "", row, broken)


def _values(array: pa.Array) -> list[Any]:
    """As JSON would have them: times and decimals as texts; a dictionary's texts are shared."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        texts = [*array.dictionary.to_pylist(), None]
        return [texts[-1 if place is None else place] for place in array.indices.to_pylist()]
    if pa.types.is_timestamp(kind):
        return list(_times(array).to_pylist())
    if pa.types.is_decimal(kind):  # one of more digits than its type has is no Decimal
        array = array.cast(pa.string())
    return list(array.to_pylist())


def _times(array: pa.Array) -> pa.Array:
    """Timestamps as texts; those beyond the calendar as their numbers, which are no times."""
    kind = array.type
    if kind.tz is not None:
        array = array.cast(pa.timestamp(kind.unit, "UTC"))
    numbers = array.cast(pa.int64())
    seconds = pc.divide(numbers, _IN_A_SECOND[kind.unit])
    # Arrow writes a year by its lowest 16 bits: 67553 would be 2017.
    in_calendar = pc.and_(
        pc.greater_equal(seconds, _FIRST_SECOND), pc.less_equal(seconds, _LAST_SECOND)
    )
    known = pc.if_else(in_calendar, array, pa.scalar(None, array.type))
    texts = pc.strftime(known, format="%Y-%m-%dT%H:%M:%S" + ("Z" if kind.tz else ""))
    return pc.coalesce(texts, numbers.cast(pa.string()))


def _as_json(contract: Contract, values: Sequence[Any]) -> str:
    event = {
        name: _in_json(value)
        for name, value in zip(contract.names, values, strict=True)
        if value is not None
    }
    return msgspec.json.encode(event, enc_hook=str).decode()


def _in_json(value: Any) -> Any:
    if type(value) is str:
        # A text of a dictionary may be long, and in every row.
        return value[: MOST_ROW_CHARACTERS + 1]
    # JSON has no NaN and no infinity: as null such a row would be taken when it is sent again.
    return value if type(value) is not float or math.isfinite(value) else repr(value)
