"""Lines of CSV as checked columns of a declared stream, as they travel on the log."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from tillstream.streams import columns, names
from tillstream.streams.definition import Field, Stream

#: So far ahead of the clock an event may be dated, microseconds: as the door has it.
MOST_AHEAD_US = 86_400_000_000
#: Times in UTC; without a zone only where every such field is read in UTC.
_IN_UTC = ["%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%dT%H:%M:%SZ"]
#: Digits of a decimal, with its places: 64 bits hold them.
_DIGITS = 18
_UNREADABLE = "a line is not as its header says"


class Checked(NamedTuple):
    """The rows that hold, None where there is none, and the others by their reason."""

    events: pa.RecordBatch | None
    refused: Counter[str]


class RowsRefusedError(Exception):
    """Some of the rows break a rule; says which."""


class Columns:
    """Reads lines under a header whose columns are fields of the stream, in any order.

    A stream whose events have a field as their time. What the columns do not show is left to the
    door: this is for senders that go past it.
    """

    def __init__(self, stream: Stream, header: Sequence[str]) -> None:
        """Raises KeyError with the name of a column that is no field."""
        self.stream = stream
        self._header = list(header)
        self._fields = {name: stream.field(name) for name in header}
        missing = [f.name for f in stream.fields if f.required and f.name not in self._fields]
        if missing:
            raise KeyError(missing[0])
        zones = {field.zone for field in self._fields.values() if field.type == "timestamp"}
        self._convert = pa.csv.ConvertOptions(
            column_types={name: _csv_type(field) for name, field in self._fields.items()},
            null_values=[""],
            strings_can_be_null=True,
            timestamp_parsers=[*_IN_UTC, pa.csv.ISO8601] if zones == {"UTC"} else _IN_UTC,
        )
        self._read = pa.csv.ReadOptions(
            column_names=self._header, use_threads=False, block_size=1 << 26
        )

    def read(self, lines: bytes, now_us: int, body: bytes) -> Checked:
        """The events of whole lines; those ahead of `now_us` by a day are refused.

        `body` are the 16 bytes that stand for these lines.
        """
        refused: Counter[str] = Counter()
        found = self._parts(lines, now_us, refused)
        if not found:
            return Checked(None, refused)
        events = pa.Table.from_batches(found).combine_chunks().unify_dictionaries()
        (batch,) = events.to_batches()
        marks = pa.repeat(pa.scalar(body, pa.binary(len(body))), batch.num_rows)
        return Checked(batch.append_column(names.BODY, marks), refused)

    def _parts(self, lines: bytes, now_us: int, refused: Counter[str]) -> list[pa.RecordBatch]:
        """What holds of the lines; where they do not, by halves until one line is left."""
        try:
            return [self._events(lines, now_us)]
        except pa.ArrowInvalid:
            reason = _UNREADABLE
        except RowsRefusedError as error:
            reason = str(error)
        middle = lines.find(b"\n", len(lines) // 2) + 1
        if middle == len(lines):
            middle = lines.rfind(b"\n", 0, len(lines) - 1) + 1
        if middle == 0:
            refused[reason] += 1
            return []
        return [
            *self._parts(lines[:middle], now_us, refused),
            *self._parts(lines[middle:], now_us, refused),
        ]

    def _events(self, lines: bytes, now_us: int) -> pa.RecordBatch:
        """Raises ArrowInvalid and RowsRefusedError."""
        table = pa.csv.read_csv(
            pa.BufferReader(lines), self._read, pa.csv.ParseOptions(), self._convert
        ).combine_chunks()
        schema = columns.schema(self.stream)
        arrays = []
        for field in self.stream.fields:
            if field.name in self._fields:
                chunks = table[field.name].chunks
                arrays.append(_checked(field, chunks[0], now_us))
            else:
                arrays.append(pa.nulls(table.num_rows, schema.field(field.name).type))
        return pa.record_batch(arrays, schema=schema)


def _csv_type(field: Field) -> pa.DataType:
    match field.type:
        case "decimal":
            return pa.decimal128(_DIGITS, field.scale)
        case "timestamp":
            return pa.timestamp("us")
        case "enum":
            return pa.dictionary(pa.int32(), pa.string())
        case _:
            return columns.arrow_type(field)


def _checked(field: Field, values: pa.Array, now_us: int) -> pa.Array:
    if field.required and values.null_count:
        raise RowsRefusedError(f"{field.name}: required")
    match field.type:
        case "enum":
            return _enum(field, values)
        case "text":
            _require(field, pc.utf8_length(values), 0, field.max_length)
            return values
        case "timestamp":
            values = values.cast(pa.int64())
            _require(field, values, 0, now_us + MOST_AHEAD_US)
        case "decimal":
            values = _minor_units(values)
            _require(field, values, field.minimum, field.maximum)
        case "integer":
            _require(field, values, field.minimum, field.maximum)
    return values


def _minor_units(values: pa.Array) -> pa.Array:
    """Decimals of 18 digits as what they are stored as: the lower half of 16 bytes."""
    present, numbers = values.buffers()
    lower = np.frombuffer(numbers, np.int64)[::2].copy()
    return pa.Array.from_buffers(
        pa.int64(), len(values), [present, pa.py_buffer(lower)], offset=values.offset
    )


def _require(field: Field, values: pa.Array, least: int, most: int) -> None:
    bounds = pc.min_max(values)
    low, high = bounds["min"].as_py(), bounds["max"].as_py()
    if low is not None and (low < least or high > most):
        raise RowsRefusedError(f"{field.name}: not from {least} to {most}")


def _enum(field: Field, values: pa.DictionaryArray) -> pa.Array:
    known = values.dictionary.to_pylist()
    if wrong := [value for value in known if value not in field.values]:
        raise RowsRefusedError(f"{field.name}: {wrong[0]!r} is not one of its values")
    places = np.array([field.values.index(value) for value in known] or [0], np.int8)
    indices = pa.array(places).take(values.indices)
    return pa.DictionaryArray.from_arrays(indices, pa.array(field.values))
