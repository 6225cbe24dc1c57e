"""What can be wrong with a ledger's file."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tillstream.errors import TillstreamError


class LedgerUnreadableError(TillstreamError):
    """The file at `path` is no ledger, a damaged one, or one of another version or calendar."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(
            f"the ledger {path} {reason}; rebuild it with `python -m analytics recount`"
            " (`--from archive` where the log is not whole)"
        )


class OtherVersionError(LedgerUnreadableError):
    """The file was written by another version of the ledger; `recount` makes it anew."""


class OtherCalendarError(LedgerUnreadableError):
    """The figures were made with another calendar of the stores."""


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Raise LedgerUnreadableError for what SQLite says of a file that is damaged or none of its."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        raise LedgerUnreadableError(path, f"cannot be read ({error})") from error
