"""Arrow IPC streams and Parquet: sizes first, then the columns' types, then every value.

A text may be a string or a dictionary of it, where its field says so an integer; an integer any
integer; a decimal a decimal, an integer or a double; a timestamp one of any unit, or a text.
Columns may stand in any order.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from entrypoint.events import column_checks, dictionary_sizes, parquet_footer, parquet_sizes
from entrypoint.events.arrow_sizes import require_bounded
from entrypoint.events.column_checks import DECIMAL_DIGITS, NotPlainError, as_one
from entrypoint.events.contract import Contract
from entrypoint.events.reading import BodyError
from tillstream.streams.definition import Field

#: Characters of a time; longer ones are looked at alone.
_LONGEST_TIME = 64
_MAX_COLUMNS = 1_000


def read_stream(body: bytes, contract: Contract, most_events: int, most_bytes: int) -> pa.Table:
    """The table of an IPC stream; raises BodyError, TooManyEventsError."""
    require_bounded(body, most_events, most_bytes)
    try:
        options = pa.ipc.IpcReadOptions(use_threads=False)
        with pa.ipc.open_stream(pa.py_buffer(body), options=options) as reader:
            _require_schema(reader.schema, contract)
            return _whole(reader.read_all(), contract, most_bytes)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BodyError("arrow", f"not an Arrow IPC stream: {first_line(error)}") from error


def read_parquet(body: bytes, contract: Contract, most_events: int, most_bytes: int) -> pa.Table:
    """The table of a Parquet file; raises BodyError, TooManyEventsError."""
    try:
        parquet_footer.require_bounded(body)
        metadata = pq.read_metadata(pa.BufferReader(body))
        parquet_sizes.require_bounded(body, metadata, most_events, most_bytes)
        # Optional fields may be missing, and a column of another shape is refused below.
        columns_ = {metadata.schema.column(n).path for n in range(metadata.num_columns)}
        texts = [
            field.name
            for field in contract.fields
            if field.type in ("text", "enum", "timestamp") and field.name in columns_
        ]
        with pq.ParquetFile(
            pa.BufferReader(body),
            metadata=metadata,
            read_dictionary=texts,
            # As nanoseconds a time after 2262 would silently be another one.
            coerce_int96_timestamp_unit="us",
            pre_buffer=False,
        ) as parquet:
            _require_schema(parquet.schema_arrow, contract)
            groups = parquet_sizes.groups_with_rows(metadata)
            table = parquet.read_row_groups(groups, use_threads=False)
            return _whole(_with_int96_in_utc(table, metadata.schema), contract, most_bytes)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BodyError("parquet", f"not a Parquet file: {first_line(error)}") from error


def columns(table: pa.Table, contract: Contract, now_us: int) -> list[pa.Array]:
    """The columns of the fields as they travel; raises NotPlainError."""
    if not table.num_rows:
        raise NotPlainError
    try:
        plain = [
            column_checks.empty_texts_to_null(_plain(field, as_one(table[field.name])))
            if field.name in table.column_names
            else pa.nulls(table.num_rows, _wanted(field))
            for field in contract.fields
        ]
    except pa.ArrowException as error:
        raise NotPlainError from error
    for array in plain:
        if pa.types.is_string(array.type) or pa.types.is_dictionary(array.type):
            _require_no_nul(array)
    return column_checks.checked(contract.fields, plain, contract.stream.event_time, now_us)


def _require_schema(schema: pa.Schema, contract: Contract) -> None:
    names = schema.names
    if len(names) > _MAX_COLUMNS:
        raise BodyError("columns", f"it has {len(names)} columns")
    for name in names:
        if name not in contract.names:
            raise BodyError("unknown-field", str(contract.unknown(name)))
        if names.count(name) > 1:
            raise BodyError(
                "doubled-field",
                f"the column {name} stands {names.count(name)} times; leave out all but one",
            )
    for field in contract.fields:
        if field.name in names:
            kind = schema.field(field.name).type
            if not _is_compatible(field, kind):
                raise BodyError(
                    "type",
                    f"the column {field.name} is {str(kind)[:60]}; send {_wanted(field)}",
                )
        elif field.required:
            raise BodyError(
                "missing-field", f"the column {field.name} is required; add it to the schema"
            )


def _with_int96_in_utc(table: pa.Table, schema: pq.ParquetSchema) -> pa.Table:
    """INT96 has no place for a zone: Spark and Arrow write instants with it, in UTC."""
    for place, column in enumerate(map(schema.column, range(len(schema)))):
        if column.physical_type == "INT96":
            array = table.column(place)
            instants = array.cast(pa.timestamp(array.type.unit, "UTC"))
            table = table.set_column(place, column.name, instants)
    return table


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_compatible(field: Field, kind: pa.DataType) -> bool:
    if pa.types.is_null(kind):
        return True
    match field.type:
        case "text" | "enum":
            if field.integers and pa.types.is_integer(kind):
                return True
            return _is_text(kind.value_type if pa.types.is_dictionary(kind) else kind)
        case "integer":
            return bool(pa.types.is_integer(kind))
        case "decimal":
            return bool(
                pa.types.is_integer(kind) or pa.types.is_float64(kind) or pa.types.is_decimal(kind)
            )
        case "boolean":
            return bool(pa.types.is_boolean(kind))
        case _:
            texts = kind.value_type if pa.types.is_dictionary(kind) else kind
            return bool(pa.types.is_timestamp(kind) or _is_text(texts))


def _wanted(field: Field) -> pa.DataType:
    match field.type:
        case "integer":
            return pa.int64()
        case "decimal":
            return pa.decimal128(DECIMAL_DIGITS, field.scale)
        case "boolean":
            return pa.bool_()
        case "timestamp":
            return pa.timestamp("us", "UTC")
        case _:
            return pa.string()


def _plain(field: Field, array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_dictionary(kind) and array.dictionary.null_count:
        # Those of a dictionary are no nulls of the column, and Parquet has no place for them.
        array, kind = array.cast(kind.value_type), kind.value_type
    wanted = _wanted(field)
    if kind == wanted or (field.type == "decimal" and pa.types.is_float64(kind)):
        return array
    if pa.types.is_dictionary(kind):
        if field.type == "timestamp":
            longest = pc.max(pc.utf8_length(array.dictionary)).as_py()
            if longest is not None and longest > _LONGEST_TIME:
                raise NotPlainError
            return array.cast(kind.value_type).cast(pa.string())
        if pa.types.is_string(kind.value_type):
            return array
        return array.cast(pa.dictionary(kind.index_type, pa.string()))
    if field.type == "timestamp" and pa.types.is_timestamp(kind):
        return array.cast(pa.timestamp("us", "UTC" if kind.tz else None))
    if field.type == "timestamp" and _is_text(kind):
        return array.cast(pa.string())
    if field.integers and pa.types.is_integer(kind):
        array = array.cast(pa.int64())
    if field.type == "decimal" and pa.types.is_integer(kind):
        array = array.cast(pa.int64()).cast(pa.decimal128(38, field.scale))
    return array.cast(wanted)


def _require_no_nul(array: pa.Array) -> None:
    texts = array.dictionary if pa.types.is_dictionary(array.type) else array
    data = texts.buffers()[2]
    if data is not None and (np.frombuffer(data, np.uint8) == 0).any():
        raise NotPlainError


def _whole(table: pa.Table, contract: Contract, most_bytes: int) -> pa.Table:
    """Every value looked at, each column in one piece."""
    table.validate(full=True)
    dictionary_sizes.require_bounded(table, contract, most_bytes)
    return table.unify_dictionaries().combine_chunks()


def first_line(error: Exception) -> str:
    """What is told of an error of Arrow's."""
    return str(error).split("\n", 1)[0][:200].rstrip(".")
