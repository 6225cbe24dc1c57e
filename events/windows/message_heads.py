"""What is known of a message without its rows: made where it is decoded, sent to who decides."""

import msgspec
import numpy as np

from events.windows.decoding import MessageDecoder
from events.windows.figures import Aside
from events.windows.row_identities import Flags, RowIdentities, find_identities
from tillstream.log.reader import LogMessage, message_digest
from tillstream.streams.definition import Stream


class MessageHead(msgspec.Struct, frozen=True):
    """Of one message of the log."""

    #: Of its body.
    digest: bytes
    #: "" where it cannot be told.
    stream: str
    #: Why none of its events can be read; "" where they can.
    reason: str = ""
    received_us: int = 0
    identities: RowIdentities | None = None
    #: The event times, int64 as bytes: all where some of its events may have come before, else the
    #: greatest alone.
    times: bytes = b""

    def greatest_time_us(self, first: Flags) -> int:
        """The greatest event time of the events that came first; 0 without one."""
        times = np.frombuffer(self.times, np.int64)
        if len(times) == len(first):
            times = times[first]
        return int(times.max()) if len(times) else 0


def find_head(
    message: LogMessage, decoder: MessageDecoder, streams: dict[str, Stream]
) -> MessageHead:
    """The head of a message; `decoder` has to give time, BODY, CLOUDEVENT and identity."""
    digest = message_digest(message)
    decoded = decoder.decode(message)
    if isinstance(decoded, Aside):
        return MessageHead(digest, decoded.stream, decoded.reason)
    stream = streams[decoded.stream]
    identities = find_identities(stream, decoded.events)
    times = np.asarray(decoded.events.column(stream.time_column).drop_null(), np.int64)
    if identities.is_empty and len(times):
        times = times.max(keepdims=True)
    return MessageHead(digest, stream.name, "", decoded.received_us, identities, times.tobytes())
