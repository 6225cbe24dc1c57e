"""Where a proof keeps what it has read: memory does not grow with the log."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from connectors.state.schema import CREATE


@contextmanager
def scratch() -> Iterator[sqlite3.Connection]:
    """The tables of a state, and one of receipts, in a file without a name; gone at the end."""
    # SQLite's own temporary file: it stays in memory while it is small.
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.executescript(CREATE)
        database.execute("CREATE TABLE seen (uuid BLOB PRIMARY KEY) WITHOUT ROWID")
        database.execute("BEGIN")
        yield database
