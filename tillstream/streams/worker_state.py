"""The state of the events worker (events/windows/schema.py), for those who copy it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tillstream.ledger import read_only

#: Shorter than the worker waits for its turn to commit, seconds.
HELD_SECONDS = 5.0


@contextmanager
def between_commits(path: Path) -> Iterator[None]:
    """While in the block the worker commits nothing, so what it does elsewhere stands still, too.

    For moments: a commit waits 10 s. Does nothing where there is no file. Raises sqlite3.Error.
    """
    if not path.exists():
        yield
        return
    with closing(sqlite3.connect(path, isolation_level=None, timeout=HELD_SECONDS)) as state:
        state.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            state.execute("ROLLBACK")


@contextmanager
def pinned(path: Path) -> Iterator[sqlite3.Connection | None]:
    """The state as it is now, whatever is committed meanwhile; None where there is no file."""
    if not path.exists():
        yield None
        return
    with closing(read_only(path)) as state:
        state.execute("BEGIN")
        state.execute("SELECT 1 FROM sqlite_master").fetchall()
        yield state


def counted_to(state: sqlite3.Connection | None) -> int:
    """The offset of the log before which a state has counted everything."""
    found = state and state.execute("SELECT next_offset - base FROM progress").fetchone()
    return (found and found[0]) or 0


def archived_to(path: Path) -> int | None:
    """The position before which the files of events have everything; None where nothing is
    counted, or everything that is.
    """
    if not path.exists():
        return None
    with closing(read_only(path)) as state:
        found = state.execute("SELECT archive_from, next_offset FROM progress").fetchone()
    return (
        None if found is None else min((each for each in found if each is not None), default=None)
    )


def begin_anew(path: Path, archived: int | None, dropped: int, begin_digest: bytes | None) -> None:
    """Let a copy go on with other files and another log than it had, before a worker opens it.

    The files have everything before the position `archived`, the log begins `dropped` messages
    later than it did, with a message of this digest.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as state:
        state.execute("BEGIN IMMEDIATE")
        if archived is not None:
            state.execute(
                "UPDATE progress SET archive_from = min(ifnull(archive_from, ?1), ?1)", (archived,)
            )
        if dropped:
            state.execute(
                "UPDATE progress SET base = base + ?, begin_digest = ?", (dropped, begin_digest)
            )
        state.execute("COMMIT")
        state.execute("PRAGMA wal_checkpoint(TRUNCATE)")
