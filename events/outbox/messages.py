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


def messages(made: MadeRows, stream: Stream, now_us: int, *, to_store: bool) -> Iterator[Made]:
    """Messages of at most MOST_ROWS rows, each under a name that no other one has."""
    for begin in range(0, made.events.num_rows, MOST_ROWS):
        rows = made.events.slice(begin, MOST_ROWS)
        name = secrets.token_bytes(NAME_BYTES)
        named = rows.append_column(BODY, pa.array([name] * rows.num_rows, pa.binary()))
        packed = message.encode(EventMessage(stream.name, stream.version, now_us, named))
        yield Made(name, stream.name, packed, to_store)


def name_of(events: pa.RecordBatch) -> bytes | None:
    """The name of a message that came back by the log."""
    if not events.num_rows or BODY not in events.schema.names:
        return None
    name: bytes | None = events.column(BODY)[0].as_py()
    return name
