"""Events of messages as one Parquet file; the same events always make the same bytes."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tillstream.streams import archived_columns, columns
from tillstream.streams.definition import Stream

#: Rows of a group: what a reader skips or reads as a whole, and the writer holds twice.
ROW_GROUP = 125_000


class TakenEvents(NamedTuple):
    """The events of one message that are to be archived."""

    offset: int
    received_us: int
    #: The rows of `rows` alone.
    events: pa.RecordBatch
    #: Their numbers in the message.
    rows: npt.NDArray[np.int64]


class Written(NamedTuple):
    """What is in a file; times are microseconds of event time."""

    rows: int
    bytes: int
    earliest: int
    latest: int


def batches(stream: Stream, taken: Iterable[TakenEvents]) -> Iterator[pa.RecordBatch]:
    """The rows of a file, as archived_columns.schema."""
    wanted = archived_columns.schema(stream)
    for one in taken:
        yield archived_columns.readable(wanted, *one)


def write(
    path: Path, schema: pa.Schema, time_column: str, parts: Iterable[pa.RecordBatch]
) -> Written:
    """Write the rows of `parts`, in their order and at most ROW_GROUP of them in memory."""
    rows, earliest, latest = 0, [], []
    with pq.ParquetWriter(path, schema, **_options(schema)) as writer:
        for group in _groups(parts):
            table = pa.Table.from_batches(group, schema)
            writer.write_table(table, row_group_size=ROW_GROUP)
            rows += table.num_rows
            found = pc.min_max(table[time_column].cast(pa.int64())).as_py()
            earliest.append(found["min"])
            latest.append(found["max"])
    return Written(rows, path.stat().st_size, min(earliest), max(latest))


def _groups(parts: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    group: list[pa.RecordBatch] = []
    rows = 0
    for part in parts:
        while rows + part.num_rows > ROW_GROUP:
            room = ROW_GROUP - rows
            yield [*group, part.slice(0, room)]
            group, rows, part = [], 0, part.slice(room)
        if part.num_rows:
            group.append(part)
            rows += part.num_rows
    if group:
        yield group


def _options(schema: pa.Schema) -> dict[str, Any]:
    texts = [each.name for each in schema if pa.types.is_string(each.type)]
    # These grow or repeat: what is stored of them is the steps.
    steps = [
        each.name
        for each in schema
        if each.type == archived_columns.TIME or each.name in (columns.LOG_OFFSET, columns.LOG_ROW)
    ]
    return {
        "compression": "zstd",
        "compression_level": 1,
        "store_decimal_as_integer": True,
        "use_dictionary": [*texts, columns.BODY],
        "column_encoding": dict.fromkeys(steps, "DELTA_BINARY_PACKED"),
        "store_schema": False,
    }
