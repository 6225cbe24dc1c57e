"""The source's decoder for the windows: each message as it is, with its head."""

from collections.abc import Callable, Mapping

import msgspec
import pyarrow as pa

from events.windows.decoding import MessageDecoder
from events.windows.message_heads import MessageHead, find_head
from tillstream.log.reader import LogMessage
from tillstream.streams.definition import Stream
from tillstream.streams.names import BODY, CLOUDEVENT

#: For the option `decoder`; `argument` makes its argument.
DECODER = "spark.windows.heads:decoder"
SCHEMA = (
    "log_stream string, log_offset bigint, head binary, body binary, content_type string,"
    " content_encoding string"
)
_encoder = msgspec.msgpack.Encoder()
_heads = msgspec.msgpack.Decoder(MessageHead)


def argument(streams: Mapping[str, Stream]) -> str:
    """For the option `decoderArgument`."""
    return msgspec.json.encode(streams).decode()


def decoder(text: str) -> Callable[[bytes, str | None, str | None], pa.RecordBatch]:
    """A function that gives a message and its head; one that cannot be read has the reason."""
    streams = msgspec.json.decode(text, type=dict[str, Stream])
    wanted = {
        name: {one.time_column, *one.identity, BODY, CLOUDEVENT} for name, one in streams.items()
    }
    reads = MessageDecoder(streams, dict(wanted))

    def decode(
        body: bytes, content_type: str | None, content_encoding: str | None
    ) -> pa.RecordBatch:
        message = LogMessage(0, body, content_type, content_encoding)
        head = _encoder.encode(find_head(message, reads, streams))
        return pa.RecordBatch.from_pydict(
            {
                "head": pa.array([head], pa.binary()),
                "body": pa.array([body], pa.binary()),
                "content_type": pa.array([content_type], pa.string()),
                "content_encoding": pa.array([content_encoding], pa.string()),
            }
        )

    return decode


def read_head(encoded: bytes) -> MessageHead:
    """A value of the column `head`."""
    return _heads.decode(encoded)
