"""The events of several messages of one stream as one table, as they are counted."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from events.windows.deduplication import NewEvents
from tillstream.streams.names import LOG_OFFSET, LOG_ROW, RECEIVED

#: Events and bytes of columns that are counted at once.
MAX_ROWS = 500_000
MAX_BYTES = 64 * 1024 * 1024


def chunks(messages: Iterable[NewEvents]) -> Iterator[list[NewEvents]]:
    """The messages in bounded lists."""
    chunk: list[NewEvents] = []
    rows = size = 0
    for one in messages:
        chunk.append(one)
        rows += len(one.rows)
        size += one.events.nbytes
        if rows >= MAX_ROWS or size >= MAX_BYTES:
            yield chunk
            chunk, rows, size = [], 0, 0
    if chunk:
        yield chunk


def event_table(
    some: Sequence[NewEvents], *, with_received: bool = False, with_places: bool = False
) -> pa.Table:
    """`with_received` adds RECEIVED, `with_places` LOG_OFFSET and LOG_ROW."""
    batches = []
    for one in some:
        batch = one.events
        arrays, names = list(batch.columns), list(batch.schema.names)
        if with_received:
            arrays.append(_same(one.received_us, batch.num_rows))
            names.append(RECEIVED)
        if with_places:
            arrays += [_same(one.offset, batch.num_rows), pa.array(one.rows)]
            names += [LOG_OFFSET, LOG_ROW]
        batches.append(pa.RecordBatch.from_arrays(arrays, names=names))
    first = batches[0].schema
    if any(batch.schema != first for batch in batches):
        # Of some messages a text is a dictionary, or they have columns that others do not.
        return pa.concat_tables([_plain(batch) for batch in batches], promote_options="default")
    return pa.Table.from_batches(batches)


def _same(value: int, rows: int) -> pa.Array:
    return pa.array(np.full(rows, value, np.int64))


def _plain(batch: pa.RecordBatch) -> pa.Table:
    arrays = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]
    return pa.Table.from_arrays(arrays, names=batch.schema.names)
