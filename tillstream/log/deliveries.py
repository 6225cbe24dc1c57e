"""Takes the frames of AMQP 0.9.1 apart, for a fifth of what a client library takes for a message.

pika makes some ten objects for each message and hands them on, and a log of single receipts has
millions of messages (docs/decisions/0010-columns.md). Here deliveries are read by hand; every other
frame is read by pika. Of a stream: each message has its offset in its headers. Pure.

https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, 2.3 and 4.2
"""

import struct
from typing import NamedTuple

from pika import frame, spec
from pika.exceptions import InvalidFrameError

from tillstream.log.reader import LogMessage

#: Type, channel and length before a frame's payload; one byte ends it.
_HEAD = struct.Struct(">BHI")
_LENGTH, _LONG = struct.Struct(">I"), struct.Struct(">Q")
_DELIVER = struct.pack(">I", spec.Basic.Deliver.INDEX)
#: Of a header's payload: where the body's size is, the flags, and the first property.
_SIZE_AT, _FLAGS_AT, _PROPERTIES_AT = 4, 12, 14
#: Flags of the properties that come first, in the first of two bytes.
_CONTENT_TYPE, _CONTENT_ENCODING = 0x80, 0x40
_OFFSET = "x-stream-offset"
#: A header that is the offset, without its value; the type of one that is a text.
_OFFSET_HEADER = struct.pack(">B15sc", len(_OFFSET), _OFFSET.encode(), b"l")
_TEXT = ord("S")


class _Properties(NamedTuple):
    offset: int
    content_type: str | None
    content_encoding: str | None


class Deliveries:
    """What came of a connection, in pieces of any size."""

    def __init__(self) -> None:
        #: Deliveries on other channels are left out.
        self.channel = 0
        #: Frames that are no deliveries; whoever reads them takes them out.
        self.others: list[object] = []
        self._rest = b""
        # The message that is on its way.
        self._properties = _Properties(0, None, None)
        self._parts: list[bytes] = []
        self._missing = 0

    def feed(self, data: bytes) -> list[LogMessage]:
        """The messages that are whole now. Raises pika's InvalidFrameError."""
        data = self._rest + data
        messages: list[LogMessage] = []
        at, size = 0, len(data)
        while size - at > _HEAD.size:
            kind, channel, length = _HEAD.unpack_from(data, at)
            begin = at + _HEAD.size
            end = begin + length
            if end >= size:
                break
            if data[end] != spec.FRAME_END:
                raise InvalidFrameError("a frame does not end where it says")
            if kind not in (spec.FRAME_HEADER, spec.FRAME_BODY):
                if not data.startswith(_DELIVER, begin):
                    self.others.append(frame.decode_frame(data[at : end + 1])[1])
            elif channel == self.channel:
                if kind == spec.FRAME_HEADER:
                    (self._missing,) = _LONG.unpack_from(data, begin + _SIZE_AT)
                    self._properties = _properties(data[begin:end])
                    # A message on the channel before may have ended amid its body.
                    self._parts.clear()
                else:
                    self._parts.append(data[begin:end])
                    self._missing -= length
                if not self._missing:
                    offset, content_type, content_encoding = self._properties
                    body = b"".join(self._parts)
                    messages.append(LogMessage(offset, body, content_type, content_encoding))
            at = end + 1
        self._rest = data[at:]
        return messages


def _properties(header: bytes) -> _Properties:
    flags, at = header[_FLAGS_AT], _PROPERTIES_AT
    content_type = content_encoding = None
    if flags & _CONTENT_TYPE:
        end = at + 1 + header[at]
        content_type, at = header[at + 1 : end].decode(errors="replace"), end
    if flags & _CONTENT_ENCODING:
        end = at + 1 + header[at]
        content_encoding, at = header[at + 1 : end].decode(errors="replace"), end
    at += _LENGTH.size  # the length of all headers
    while not header.startswith(_OFFSET_HEADER, at):
        at += 1 + header[at]
        if header[at] != _TEXT:
            return _by_pika(header)
        (length,) = _LENGTH.unpack_from(header, at + 1)
        at += 1 + _LENGTH.size + length
    (offset,) = _LONG.unpack_from(header, at + len(_OFFSET_HEADER))
    return _Properties(offset, content_type, content_encoding)


def _by_pika(header: bytes) -> _Properties:
    decoded = spec.BasicProperties().decode(header[_FLAGS_AT:])
    # pika gives a number of its own kind.
    offset = int(decoded.headers[_OFFSET])
    return _Properties(offset, decoded.content_type, decoded.content_encoding)
