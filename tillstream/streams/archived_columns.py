"""The columns of archived events, readable for analysts, and the way back to what is counted.

| field | Parquet | SQL |
|---|---|---|
| text, enum | string, dictionary-encoded | VARCHAR |
| integer | int64 | BIGINT |
| decimal | DECIMAL(18, scale) in an INT64 | DECIMAL |
| timestamp | microseconds, UTC | TIMESTAMPTZ |
| boolean | boolean | BOOLEAN |
"""

from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tillstream.streams import columns, scales
from tillstream.streams.definition import MOST_DECIMAL, Stream

TIME = pa.timestamp("us", "UTC")
#: Digits of a decimal that an INT64 holds.
DIGITS = 18

#: Columns that tell repetitions: of use to a recount, and of none to an analyst.
FOR_IDENTITY = (columns.CLOUDEVENT, columns.BODY)

_SQL = {
    "text": "VARCHAR",
    "enum": "VARCHAR",
    "integer": "BIGINT",
    "timestamp": "TIMESTAMPTZ",
    "boolean": "BOOLEAN",
}


def schema(stream: Stream) -> pa.Schema:
    """The columns of a file: the stream's, when and where it came, and what tells repetitions."""
    own = [
        pa.field(each.name, _archived_type(stream, each), nullable=True)
        for each in columns.schema(stream)
    ]
    return pa.schema(
        [
            *own,
            pa.field(columns.RECEIVED, TIME),
            pa.field(columns.LOG_OFFSET, pa.int64()),
            pa.field(columns.LOG_ROW, pa.int64()),
            pa.field(columns.CLOUDEVENT, pa.string()),
            pa.field(columns.BODY, pa.binary()),
        ]
    )


def sql_types(stream: Stream) -> dict[str, str]:
    """Name and SQL type of each column that a reader is shown."""
    types = {field.name: _SQL.get(field.type, "") for field in stream.fields}
    for field in stream.fields:
        if field.type == "decimal":
            types[field.name] = f"DECIMAL({DIGITS}, {field.scale})"
    first = {} if stream.event_time else {stream.time_column: "TIMESTAMPTZ"}
    where = {columns.RECEIVED: "TIMESTAMPTZ", columns.LOG_OFFSET: "BIGINT"}
    return {**first, **types, **where, columns.LOG_ROW: "BIGINT"}


def readable(
    wanted: pa.Schema,
    offset: int,
    received_us: int,
    events: pa.RecordBatch,
    rows: npt.NDArray[np.int64],
) -> pa.RecordBatch:
    """Events of one message as the columns of a file; `events` has the rows of `rows` alone."""
    count = events.num_rows
    made = {
        columns.RECEIVED: lambda: _constant(received_us, count).cast(TIME),
        columns.LOG_OFFSET: lambda: _constant(offset, count),
        columns.LOG_ROW: lambda: pa.array(rows, pa.int64()),
    }
    arrays = []
    for field in wanted:
        if field.name in made:
            arrays.append(made[field.name]())
        elif events.schema.get_field_index(field.name) >= 0:
            arrays.append(_readable(events.column(field.name), field.type))
        else:
            arrays.append(pa.nulls(count, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=wanted)


def counted(stream: Stream, archived: pa.RecordBatch) -> pa.RecordBatch:
    """Rows of a file as they were counted: columns.schema, RECEIVED and where they came from.

    A field that the file does not have is null. Raises pa.ArrowInvalid where a column cannot be
    carried over, as a decimal that has more places than there are today.
    """
    own = columns.schema(stream)
    more = [
        pa.field(columns.RECEIVED, pa.int64()),
        *(archived.schema.field(name) for name in (columns.LOG_OFFSET, columns.LOG_ROW)),
        *(archived.schema.field(name) for name in FOR_IDENTITY),
    ]
    wanted = pa.schema([*(field.with_nullable(True) for field in own), *more])
    arrays = []
    for field in wanted:
        if archived.schema.get_field_index(field.name) < 0:
            arrays.append(pa.nulls(archived.num_rows, field.type))
        else:
            scale = scales.scale_of(field)
            arrays.append(_counted(archived.column(field.name), field.type, scale))
    return pa.RecordBatch.from_arrays(arrays, schema=wanted)


def has_scales_of_today(stream: Stream, archived: pa.Schema) -> bool:
    """Whether the decimals of a file have the scale that the stream's have."""
    return all(
        archived.field(field.name).type.scale == field.scale
        for field in stream.fields
        if field.type == "decimal" and archived.get_field_index(field.name) >= 0
    )


def counted_sql(stream: Stream, name: str) -> str:
    """A column of the files as it is counted, as SQL."""
    fields = {field.name: field for field in stream.fields}
    if name in (stream.time_column, columns.RECEIVED) or (
        name in fields and fields[name].type == "timestamp"
    ):
        return f"epoch_us({name})"
    if name in fields and fields[name].type == "decimal":
        scale = fields[name].scale
        # DuckDB takes values and unit as one number of DIGITS digits: a value of 10^15 units
        # times 1,000 has too many. Wider numbers are slow, so cents have the narrow ones.
        wide = f"::DECIMAL({38 - DIGITS}, 0)" if MOST_DECIMAL * 10**scale >= 10**DIGITS else ""
        # What does not fit is of a message that was set aside.
        return f"TRY_CAST({name} * {10**scale}{wide} AS BIGINT)"
    return name


def shown_sql(stream: Stream, name: str) -> str:
    """What is counted as a column of the files, as SQL: the way back of counted_sql."""
    kind = sql_types(stream)[name]
    if kind == "TIMESTAMPTZ":
        return f"make_timestamptz({name})"
    if kind.startswith("DECIMAL"):
        scale = stream.field(name).scale
        unit = f"{Decimal(1).scaleb(-scale):f}::DECIMAL({scale + 1}, {scale})"
        return f"({name}::DECIMAL({DIGITS}, 0) * {unit})::{kind}"
    return name


def _archived_type(stream: Stream, column: pa.Field) -> pa.DataType:
    if column.name == stream.time_column:
        return TIME
    field = stream.field(column.name)
    match field.type:
        case "timestamp":
            return TIME
        case "decimal":
            return pa.decimal128(DIGITS, field.scale)
        case "enum":
            return pa.string()
        case _:
            return column.type


def _readable(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    if pa.types.is_decimal(wanted):
        return _decimals(array, wanted)
    return array if array.type == wanted else array.cast(wanted)


def _counted(array: pa.Array, wanted: pa.DataType, scale: int | None) -> pa.Array:
    if pa.types.is_decimal(array.type) and wanted == pa.int64():
        return scales.rescaled(_minor_units(array), array.type.scale, scale or 0)
    if pa.types.is_dictionary(wanted):
        return array.dictionary_encode().cast(wanted)
    return array if array.type == wanted else array.cast(wanted)


def _decimals(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    # Of 16 bytes the first eight are the minor units, the others their sign: a cast would multiply.
    if array.offset:
        array = pa.concat_arrays([array])
    validity, values = array.buffers()
    minor = np.frombuffer(values, np.int64, len(array)) if len(array) else np.empty(0, np.int64)
    words = np.empty((len(array), 2), np.int64)
    words[:, 0] = minor
    words[:, 1] = minor >> 63
    return pa.Array.from_buffers(wanted, len(array), [validity, pa.py_buffer(words)])


def _minor_units(array: pa.Array) -> pa.Array:
    if array.offset:
        array = pa.concat_arrays([array])
    validity, values = array.buffers()
    words = np.frombuffer(values, np.int64, 2 * len(array)).reshape(-1, 2)[:, 0]
    units = pa.py_buffer(np.ascontiguousarray(words))
    return pa.Array.from_buffers(pa.int64(), len(array), [validity, units])


def _constant(value: int, count: int) -> pa.Array:
    return pa.array(np.full(count, value, np.int64))
