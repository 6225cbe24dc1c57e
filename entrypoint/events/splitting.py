"""A body's events as messages: the same body makes the same messages, whenever it comes."""

import hashlib
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from entrypoint.events.contract import Contract
from entrypoint.events.parcels import BODY_TYPE, EventParcel, batched, packed, with_column
from entrypoint.events.reading import ReadEvents
from entrypoint.publish_queue import MAX_MESSAGE_ITEMS
from tillstream.streams import columns
from tillstream.streams.message import MAX_EVENTS

#: Most bytes of a message's columns before they are packed; one event may have more.
MAX_PART_BYTES = 8 * 1024 * 1024


def parcels(
    contract: Contract, read: ReadEvents, received_us: int, body: bytes | None
) -> list[EventParcel]:
    """The accepted events as they are published: few small ones share a message with others."""
    events = read.events
    if body is None and events.num_rows < MAX_MESSAGE_ITEMS and events.nbytes <= MAX_PART_BYTES:
        return [batched(events, received_us)] if events.num_rows else []
    return messages(contract, read, received_us, body)


def messages(
    contract: Contract, read: ReadEvents, received_us: int, body: bytes | None
) -> list[EventParcel]:
    """The accepted events as whole messages.

    `body` stands for the request's body where it has an Idempotency-Key. Parts are cut by the
    places of the rows in the body, not by those of the accepted ones: whether an event is dated
    too far ahead depends on the clock.
    """
    parcels = []
    for place, part in _parts(read):
        for half, events in enumerate(_halved(_cut(part))):
            if body is not None:
                events = with_body(events, b"%b/%d/%d" % (body, place, half))
            parcels.append(packed(contract, events, received_us))
    return parcels


def with_body(events: pa.RecordBatch, identity: bytes) -> pa.RecordBatch:
    """With the column that says which body the events came in."""
    digest = hashlib.blake2b(identity, digest_size=16).digest()
    column = pa.array([digest], BODY_TYPE).take(pa.array(np.zeros(events.num_rows, np.int8)))
    return with_column(events, columns.BODY, column)


def _parts(read: ReadEvents) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Each with the number of MAX_EVENTS rows of the body that it is of."""
    events = read.events
    if read.places is None:
        edges = list(range(0, events.num_rows, MAX_EVENTS))
    else:
        last = int(read.places[-1]) if len(read.places) else 0
        wanted = np.arange(0, last + 1, MAX_EVENTS)
        edges = np.searchsorted(read.places, wanted).tolist()
    for number, (start, end) in enumerate(pairwise([*edges, events.num_rows])):
        if end > start:
            yield number, events.slice(start, end - start)


def _halved(events: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    if events.nbytes <= MAX_PART_BYTES or events.num_rows == 1:
        yield events
        return
    half = events.num_rows // 2
    yield from _halved(_cut(events.slice(0, half)))
    yield from _halved(_cut(events.slice(half)))


def _cut(events: pa.RecordBatch) -> pa.RecordBatch:
    """With dictionaries of what is in the events and no more."""
    arrays = [
        _cut_dictionary(column)
        if pa.types.is_dictionary(column.type) and len(column.dictionary) > len(column)
        else column
        for column in events.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=events.schema)


def _cut_dictionary(column: pa.DictionaryArray) -> pa.Array:
    used = pc.unique(column.indices).drop_null()
    places = pc.index_in(column.indices, value_set=used)
    return pa.DictionaryArray.from_arrays(
        places.cast(column.type.index_type), column.dictionary.take(used)
    )
