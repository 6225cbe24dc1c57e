"""A part of an SQLite transaction that is undone alone."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def savepoint(database: sqlite3.Connection) -> Iterator[None]:
    """A part of a transaction that is undone, alone, when it raises."""
    database.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        # A full disk or a damaged file ends the whole transaction.
        if database.in_transaction:
            database.execute("ROLLBACK TO part")
        raise
    finally:
        if database.in_transaction:
            database.execute("RELEASE part")
