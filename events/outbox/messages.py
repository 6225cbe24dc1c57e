"""Rows that an attribution has made, as messages of the log."""

import secrets
from collections.abc import Iterator

import pyarrow as pa

from events.attribution.stamping import MadeRows
from events.outbox.table import Made
from tillstream.streams import message
from tillstream.streams.definition import Stream
from tillstream.streams.message import EventMessage
from tillstream.streams.names import BODY

#: Rows of a message: they are wide, and the worker holds a hundred messages.
MOST_ROWS = 5_000
#: Bytes of a message's name.
NAME_BYTES = 16


def messages(
    made: MadeRows, stream: Stream, now_us: int, *, conversion_id: str, to_store: bool
) -> Iterator[Made]:
    """Messages of at most MOST_ROWS rows, each under a name that no other one has.

    The rows of a conversion are in one message (MongoDB has its credits in one document), which is
    longer where it has more channels than MOST_ROWS; at MAX_EVENTS they are cut.
    """
    ids = made.events.column(conversion_id)
    end = 0
    while (begin := end) < len(ids):
        end = _end(ids, begin)
        rows = made.events.slice(begin, end - begin)
        name = secrets.token_bytes(NAME_BYTES)
        named = rows.append_column(BODY, pa.array([name] * rows.num_rows, pa.binary()))
        packed = message.encode(EventMessage(stream.name, stream.version, now_us, named))
        yield Made(name, stream.name, packed, to_store)


def _end(ids: pa.Array, begin: int) -> int:
    """Where a message ends that begins there."""
    end = begin + MOST_ROWS
    if end >= len(ids):
        return len(ids)
    while end > begin and ids[end] == ids[end - 1]:
        end -= 1
    if end > begin:
        return end
    end = begin + MOST_ROWS
    most = min(len(ids), begin + message.MAX_EVENTS)
    while end < most and ids[end] == ids[end - 1]:
        end += 1
    return end


def name_of(events: pa.RecordBatch) -> bytes | None:
    """The name of a message that came back by the log."""
    if not events.num_rows or BODY not in events.schema.names:
        return None
    name: bytes | None = events.column(BODY)[0].as_py()
    return name
