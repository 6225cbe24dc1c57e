"""Messages of the log `events.log`: one batch of one stream's events, as an Arrow IPC stream.

The schema's metadata says what the events are, so that a body alone is enough to read it:
`stream`, `version` of its definition, `received` (microseconds, when the door took them).
Bodies of many events have zstd buffers; small ones are packed whole.
"""

from collections.abc import Callable, Collection
from typing import NamedTuple

import pyarrow as pa

from tillstream.codec import MAX_UNPACKED_BYTES, ZSTD
from tillstream.codec import pack as pack_body
from tillstream.errors import UndecodableMessageError
from tillstream.runtime.decompress import UNPACKERS, NotPackedError, TooLargeError

CONTENT_TYPE = "application/vnd.apache.arrow.stream"
#: From so many events on each buffer is packed, so that a reader unpacks the columns it needs.
PACKED_BUFFER_EVENTS = 1_000
#: Most events of a message: what a worker holds of each is bounded by it.
MAX_EVENTS = 20_000

_PACKED = pa.ipc.IpcWriteOptions(
    compression=pa.Codec("zstd", compression_level=1), use_threads=False
)
_PLAIN = pa.ipc.IpcWriteOptions(use_threads=False)
_READ = pa.ipc.IpcReadOptions(use_threads=False)


class EventMessage(NamedTuple):
    """A message of the log, decoded."""

    stream: str
    #: Of the definition that the door had.
    version: int
    #: When the door took them, microseconds.
    received_us: int
    #: By columns.schema, and perhaps columns.BODY and columns.CLOUDEVENT.
    events: pa.RecordBatch


class Packed(NamedTuple):
    """A message as it is published."""

    body: bytes
    content_type: str
    content_encoding: str | None


def encode(message: EventMessage) -> Packed:
    """The message as it travels."""
    metadata = {
        "stream": message.stream,
        "version": str(message.version),
        "received": str(message.received_us),
    }
    batch = message.events.replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    large = batch.num_rows >= PACKED_BUFFER_EVENTS
    with pa.ipc.new_stream(sink, batch.schema, options=_PACKED if large else _PLAIN) as writer:
        writer.write_batch(batch)
    body = sink.getvalue().to_pybytes()
    if large:
        return Packed(body, CONTENT_TYPE, None)
    packed, encoding = pack_body(body)
    return Packed(packed, CONTENT_TYPE, encoding)


def decode(
    body: bytes,
    content_type: str | None,
    content_encoding: str | None,
    wanted: Callable[[str], Collection[str] | None] | None = None,
) -> EventMessage:
    """The events of a message; raises UndecodableMessageError with the reason.

    `wanted` tells of a stream the columns that are read, None being all: others are not unpacked.
    """
    if content_type != CONTENT_TYPE:
        raise UndecodableMessageError(f"content type {content_type!r} is not {CONTENT_TYPE}")
    try:
        if content_encoding is not None:
            body = _unpacked(body, content_encoding)
        with pa.ipc.open_stream(body, options=_READ) as reader:
            schema = reader.schema
            metadata = {k.decode(): v.decode() for k, v in (schema.metadata or {}).items()}
            stream = metadata["stream"]
            names = wanted(stream) if wanted else None
            if names is None:
                batch = reader.read_next_batch()
        if names is not None:
            batch = _some_columns(body, schema, names)
        batch.validate()
        return EventMessage(stream, int(metadata["version"]), int(metadata["received"]), batch)
    except (pa.ArrowException, StopIteration, OSError) as error:
        raise UndecodableMessageError(f"not an Arrow stream: {error}") from error
    except (KeyError, ValueError) as error:
        raise UndecodableMessageError(f"its metadata is not of events: {error!r}") from error


def received_us(body: bytes, content_type: str | None, content_encoding: str | None) -> int:
    """When the door took a message, microseconds; 0 of one that cannot be read."""
    try:
        return decode(body, content_type, content_encoding, lambda _: ()).received_us
    except UndecodableMessageError:
        return 0


def _some_columns(body: bytes, schema: pa.Schema, names: Collection[str]) -> pa.RecordBatch:
    included = [number for number, name in enumerate(schema.names) if name in names]
    # No column at all would be read as all of them.
    options = pa.ipc.IpcReadOptions(use_threads=False, included_fields=included or [0])
    with pa.ipc.open_stream(body, options=options) as reader:
        return reader.read_next_batch()


def _unpacked(body: bytes, content_encoding: str) -> bytes:
    if content_encoding != ZSTD:
        raise UndecodableMessageError(f"content encoding {content_encoding!r} is not {ZSTD}")
    try:
        return UNPACKERS[ZSTD](body, MAX_UNPACKED_BYTES)
    except (NotPackedError, TooLargeError) as error:
        raise UndecodableMessageError(f"not {ZSTD}: {error}") from error
