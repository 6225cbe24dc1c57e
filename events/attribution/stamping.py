"""Made rows as changes: with their sign, their version and whether they are final."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from events.attribution.inputs import plain_schema
from tillstream.streams import columns
from tillstream.streams.changes import IS_FINAL, IS_LATE, ROW_VERSION, SIGN
from tillstream.streams.definition import Stream


class Change(NamedTuple):
    """Rows of one sign."""

    rows: pa.Table
    sign: int
    is_final: npt.NDArray[np.bool_] | bool
    is_late: npt.NDArray[np.bool_] | bool


class MadeRows(NamedTuple):
    """Rows that were made for one of the two streams of an attribution."""

    stream: str
    #: By columns.schema of the stream, of any number of rows.
    events: pa.RecordBatch


def made_rows(stream: Stream, changes: list[Change], version: int) -> list[MadeRows]:
    """The changes one after the other; nothing where there are none."""
    stamped = [_stamped(one, stream, version) for one in changes if one.rows.num_rows]
    if not stamped:
        return []
    schema = columns.schema(stream)
    rows = pa.concat_tables(stamped).combine_chunks()
    arrays = [_as_type(rows.column(field.name).chunk(0), field.type) for field in schema]
    return [MadeRows(stream.name, pa.RecordBatch.from_arrays(arrays, schema=schema))]


def _stamped(change: Change, stream: Stream, version: int) -> pa.Table:
    rows = change.rows.num_rows
    more = {
        SIGN: np.full(rows, change.sign, np.int64),
        ROW_VERSION: np.full(rows, version, np.int64),
        IS_FINAL: np.broadcast_to(change.is_final, rows),
        IS_LATE: np.broadcast_to(change.is_late, rows),
    }
    schema = plain_schema(stream)
    arrays = [
        pa.array(more[name]) if name in more else change.rows.column(name) for name in schema.names
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _as_type(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """The column, texts as the dictionary that an enum is."""
    return column.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else column
