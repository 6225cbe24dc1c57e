"""What the events of one message are known by, found where the message is decoded, and which of
them came first, decided where the identities are kept.
"""

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from events.windows.identities import WHOLE_BODY, Identities
from tillstream.streams.definition import Stream
from tillstream.streams.names import BODY, CLOUDEVENT

DAY_US = 86_400_000_000
_encoder = msgspec.msgpack.Encoder()

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class RowIdentities(msgspec.Struct, frozen=True):
    """Of a body, of CloudEvents and of the stream's identity; it can be sent to another process.

    Numbers are those of the events in the message, int64, as bytes.
    """

    rows: int
    #: The names of bodies, each once, and of each event the number of its own; -1 is none.
    bodies: list[bytes]
    body_of: bytes
    #: Digests of CloudEvents, and the numbers of the events that have one.
    cloudevents: list[bytes]
    cloudevent_rows: bytes
    #: By the stream's identity, of each event; none where it declares none.
    keys: list[bytes]

    @property
    def is_empty(self) -> bool:
        """Whether nothing can tell that an event came before."""
        return not (self.bodies or self.cloudevents or self.keys)


def find_identities(stream: Stream, events: pa.RecordBatch) -> RowIdentities:
    """Those of all events of a message."""
    bodies: list[bytes] = []
    body_of = cloudevent_rows = b""
    cloudevents: list[bytes] = []
    names = events.schema.names
    if BODY in names and events.column(BODY).null_count < events.num_rows:
        encoded = events.column(BODY).dictionary_encode()
        bodies = encoded.dictionary.to_pylist()
        body_of = _bytes(encoded.indices.fill_null(-1).cast(pa.int64()))
    if CLOUDEVENT in names and events.column(CLOUDEVENT).null_count < events.num_rows:
        ids = events.column(CLOUDEVENT)
        cloudevent_rows = np.flatnonzero(np.asarray(ids.is_valid())).tobytes()
        cloudevents = [
            _digest(("cloudevent", stream.name, each)) for each in ids.drop_null().to_pylist()
        ]
    keys = identity_keys(stream, events) if stream.identity and events.num_rows else []
    return RowIdentities(events.num_rows, bodies, body_of, cloudevents, cloudevent_rows, keys)


def first_rows(
    found: RowIdentities, numbers: Rows, offset: int, seen_day: int, identities: Identities
) -> Flags:
    """Of each event whether it came first here; new identities are kept, with the transaction.

    `numbers` are the events' numbers in the message, growing. Of events of one body all count or
    none.
    """
    first = np.ones(found.rows, np.bool_)
    if found.bodies:
        known = identities.first(found.bodies, offset, [WHOLE_BODY] * len(found.bodies), seen_day)
        # Events without a body of a name count: -1 is the last.
        first &= np.append(known, True)[np.frombuffer(found.body_of, np.int64)]
    if found.cloudevents:
        rows = np.frombuffer(found.cloudevent_rows, np.int64)
        left = first[rows]
        keys = _some(found.cloudevents, left)
        rows = rows[left]
        first[rows] = identities.first(keys, offset, numbers[rows].tolist(), seen_day)
    if found.keys and first.any():
        keys, rows = _some(found.keys, first), np.flatnonzero(first)
        first[rows] = identities.first(keys, offset, numbers[rows].tolist(), seen_day)
    return first


def identity_keys(stream: Stream, events: pa.RecordBatch) -> list[bytes]:
    """16 bytes for each event: its day first where the event time is a part of its identity."""
    values = zip(*(events.column(name).to_pylist() for name in stream.identity), strict=True)
    texts = [_encoder.encode((stream.name, *each)) for each in values]
    if stream.event_time not in stream.identity:
        return [blake2b(text, digest_size=16).digest() for text in texts]
    days = (np.asarray(events.column(stream.event_time)) // DAY_US).tolist()
    return [
        day.to_bytes(3, "big") + blake2b(text, digest_size=13).digest()
        for day, text in zip(days, texts, strict=True)
    ]


def _some(keys: Sequence[bytes], which: Flags) -> Sequence[bytes]:
    if which.all():
        return keys
    return [keys[row] for row in np.flatnonzero(which).tolist()]


def _bytes(numbers: pa.Array) -> bytes:
    return np.asarray(numbers, np.int64).tobytes()


def _digest(values: tuple[str, ...]) -> bytes:
    return blake2b(_encoder.encode(values), digest_size=16).digest()
