"""What can be wrong with the state's file."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tillstream.errors import TillstreamError


class StateUnreadableError(TillstreamError):
    """The file at `path` is no state of receivers, a damaged one, or one of another version."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(
            f"the state of the receivers {path} {reason}; restore it from a backup, or move it"
            " away: the worker then reads what the log of deliveries still has, and makes the same"
            " receipts of it"
        )


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Raise StateUnreadableError for what SQLite says of a damaged file, or of none of its own."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        raise StateUnreadableError(path, f"cannot be read ({error})") from error
