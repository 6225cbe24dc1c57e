"""Drops events that came before: of a body, of a CloudEvent, or of the stream's identity."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from events.windows.decoding import Decoded
from events.windows.identities import WHOLE_BODY, Identities
from tillstream.streams.definition import Stream
from tillstream.streams.names import BODY, CLOUDEVENT

_DAY_US = 86_400_000_000
_encoder = msgspec.msgpack.Encoder()

Rows = npt.NDArray[np.int64]


class NewEvents(NamedTuple):
    """The events of one message that did not come before."""

    offset: int
    stream: str
    received_us: int
    events: pa.RecordBatch
    #: Their numbers in the message, growing.
    rows: Rows
    #: How many of the message came before.
    duplicates: int


def new_events(
    decoded: Decoded, stream: Stream, identities: Identities, rows: Rows | None = None
) -> NewEvents:
    """What of a message counts; its identities are kept, with the transaction.

    `rows` are the events' numbers in the message where they are not all of it.

    A message that is read again gives the same again. Of events of one body all count or none.
    """
    events = decoded.events
    numbers: Rows = np.arange(events.num_rows, dtype=np.int64) if rows is None else rows
    seen_day = decoded.received_us // _DAY_US

    def keep(first: npt.NDArray[np.bool_]) -> None:
        nonlocal events, numbers
        if not first.all():
            events = events.filter(pa.array(first))
            numbers = numbers[first]

    if BODY in events.schema.names and events.column(BODY).null_count < len(numbers):
        keep(_bodies(events.column(BODY), decoded.offset, seen_day, identities))
    if CLOUDEVENT in events.schema.names and events.column(CLOUDEVENT).null_count < len(numbers):
        names = events.column(CLOUDEVENT)
        known = np.asarray(names.is_valid())
        keys = [
            _digest(("cloudevent", stream.name, each)) for each in names.drop_null().to_pylist()
        ]
        first = np.ones(len(numbers), np.bool_)
        first[known] = identities.first(keys, decoded.offset, numbers[known].tolist(), seen_day)
        keep(first)
    if stream.identity and len(numbers):
        keys = identity_keys(stream, events)
        keep(identities.first(keys, decoded.offset, numbers.tolist(), seen_day))
    return NewEvents(
        decoded.offset,
        decoded.stream,
        decoded.received_us,
        events,
        numbers,
        decoded.events.num_rows - len(numbers),
    )


def identity_keys(stream: Stream, events: pa.RecordBatch) -> list[bytes]:
    """16 bytes for each event: its day first where the event time is a part of its identity."""
    values = zip(*(events.column(name).to_pylist() for name in stream.identity), strict=True)
    texts = [_encoder.encode((stream.name, *each)) for each in values]
    if stream.event_time not in stream.identity:
        return [blake2b(text, digest_size=16).digest() for text in texts]
    days = (np.asarray(events.column(stream.event_time)) // _DAY_US).tolist()
    return [
        day.to_bytes(3, "big") + blake2b(text, digest_size=13).digest()
        for day, text in zip(days, texts, strict=True)
    ]


def _bodies(
    column: pa.Array, offset: int, seen_day: int, identities: Identities
) -> npt.NDArray[np.bool_]:
    encoded = column.dictionary_encode()
    keys: Sequence[bytes] = encoded.dictionary.to_pylist()
    first = identities.first(keys, offset, [WHOLE_BODY] * len(keys), seen_day)
    # Events without a body of a name count.
    found = pc.take(pa.array(first), encoded.indices)
    return np.asarray(pc.fill_null(found, fill_value=True))


def _digest(values: tuple[str, ...]) -> bytes:
    return blake2b(_encoder.encode(values), digest_size=16).digest()
