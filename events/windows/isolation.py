"""Finds the events that cannot be counted, so that all others are: who is to blame, and as what
they are kept.
"""

import sqlite3
from collections.abc import Iterator
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
from pika.exceptions import AMQPError

from events.windows.figures import Aside
from tillstream.errors import TillstreamError
from tillstream.streams.names import LOG_OFFSET, LOG_ROW

#: Characters that are kept of an event and of a reason.
TEXT_CHARACTERS = 4_096
REASON_CHARACTERS = 500
_NO_EVENTS_FAULT = (
    OSError,
    MemoryError,
    AMQPError,
    TillstreamError,
    duckdb.OutOfMemoryException,
    duckdb.InternalException,
    duckdb.FatalException,
    sqlite3.OperationalError,
    sqlite3.InternalError,
)


def require_events_fault(error: Exception) -> None:
    """Raise the error again where no event is to blame: a full disk, a lost broker, a stop."""
    # Of SQLite's errors the base itself is that of a damaged file.
    if isinstance(error, _NO_EVENTS_FAULT) or type(error) is sqlite3.DatabaseError:
        raise error


def set_aside(events: pa.Table, stream: str, reason: str) -> Iterator[Aside]:
    """Events, a table with LOG_OFFSET and LOG_ROW, as they are kept."""
    for values in events.to_pylist():
        offset, row = values.pop(LOG_OFFSET), values.pop(LOG_ROW)
        text = msgspec.json.encode(values, enc_hook=_plain).decode()
        yield Aside(offset, row, stream, reason[:REASON_CHARACTERS], text[:TEXT_CHARACTERS])


def _plain(value: Any) -> str:
    return str(value)
