"""How large an Arrow IPC stream would be, before any of it is read.

A stream of 100 bytes may announce buffers of 4 GB, or packed ones that unpack to as much. The
messages are walked by their lengths; of their metadata (FlatBuffers, `Message.fbs` of the format)
only the sizes are looked at.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from entrypoint.events.reading import BodyError, TooManyEventsError

#: Messages of one stream: schema, dictionaries, batches.
MAX_MESSAGES = 10_000
_CONTINUATION = 0xFFFFFFFF
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3
#: A packed buffer begins with its size; this one says that it is not packed.
_AS_IT_IS = -1


class _Message(NamedTuple):
    """Where the metadata and the body of a message are."""

    metadata: int
    body: int
    body_end: int


def require_bounded(stream: bytes, most_events: int, most_bytes: int) -> None:
    """Raises TooManyEventsError, or BodyError for one that is too large or no stream."""
    rows = size = 0
    try:
        for message in _messages(stream):
            kind = _scalar(stream, message.metadata, 1, "<B")
            header = _table(stream, message.metadata, 2)
            if kind == _DICTIONARY_BATCH:
                size += _size_of(stream, _table(stream, header, 1), message)
            elif kind == _RECORD_BATCH:
                rows += _scalar(stream, header, 0, "<q")
                size += _size_of(stream, header, message)
            if rows > most_events:
                raise TooManyEventsError
            if size > most_bytes:
                raise BodyError(
                    "too-large", f"it unpacks to more than {most_bytes} bytes; send less at once"
                )
    except struct.error as error:
        raise BodyError("arrow", "not an Arrow IPC stream: its lengths do not hold") from error


def _messages(stream: bytes) -> Iterator[_Message]:
    at = 0
    for _ in range(MAX_MESSAGES):
        if at == len(stream):
            return
        (length,) = _unpack("<I", stream, at)
        at += 4
        if length == _CONTINUATION:
            (length,) = _unpack("<I", stream, at)
            at += 4
        if length == 0:
            return
        if at + length > len(stream):
            raise BodyError("arrow", "not a whole Arrow IPC stream: a message is cut off")
        metadata = at + _unpack("<I", stream, at)[0]
        body = at + length
        body_length = _scalar(stream, metadata, 3, "<q")
        at = body + body_length
        if body_length < 0 or at > len(stream):
            raise BodyError("arrow", "not a whole Arrow IPC stream: a message is cut off")
        yield _Message(metadata, body, at)
    raise BodyError("arrow", f"it has more than {MAX_MESSAGES} messages; send larger batches")


def _size_of(stream: bytes, batch: int, message: _Message) -> int:
    """Bytes of the buffers of a batch once they are unpacked."""
    packed = _field(stream, batch, 3) is not None
    place = _field(stream, batch, 2)
    if place is None:
        return 0
    buffers = place + _unpack("<I", stream, place)[0]
    (count,) = _unpack("<I", stream, buffers)
    if buffers + 4 + 16 * count > len(stream):
        raise struct.error
    total = 0
    for number in range(count):
        offset, length = _unpack("<qq", stream, buffers + 4 + 16 * number)
        if offset < 0 or length < 0 or message.body + offset + length > message.body_end:
            raise BodyError("arrow", "not an Arrow IPC stream: a buffer is not within its message")
        if packed and length >= 8:
            (size,) = _unpack("<q", stream, message.body + offset)
            length = length if size == _AS_IT_IS else size
            if length < 0:
                raise struct.error
        total += length
    return total


def _field(stream: bytes, table: int, number: int) -> int | None:
    """Where a field of a table is; None where it is not there."""
    vtable = table - _unpack("<i", stream, table)[0]
    if 4 + 2 * number >= _unpack("<H", stream, vtable)[0]:
        return None
    (offset,) = _unpack("<H", stream, vtable + 4 + 2 * number)
    return table + offset if offset else None


def _scalar(stream: bytes, table: int, number: int, form: str) -> int:
    place = _field(stream, table, number)
    return 0 if place is None else int(_unpack(form, stream, place)[0])


def _table(stream: bytes, table: int, number: int) -> int:
    place = _field(stream, table, number)
    if place is None:
        raise struct.error
    return place + int(_unpack("<I", stream, place)[0])


def _unpack(form: str, stream: bytes, at: int) -> tuple[int, ...]:
    if at < 0:  # it would count from the end
        raise struct.error
    return struct.unpack_from(form, stream, at)
