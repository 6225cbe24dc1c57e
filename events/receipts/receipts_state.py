"""How far the log of the receipts was counted, and what was not, in the state's file.

What is done belongs to the transaction of its database.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import astuple

from events.receipts.receipts_schema import CREATE
from events.windows.figures import Aside
from events.windows.state_errors import StateUnreadableError
from events.windows.state_file import State


class ReceiptsProgress(msgspec.Struct):
    """How far the log of the receipts was counted."""

    #: The offset to go on from; None before the first message. Digest of the message before it.
    next_offset: int | None = None
    last_digest: bytes | None = None
    #: The offset that counting began at: above 0 where the log had dropped its beginning.
    begin_offset: int = 0
    #: How often the log was replaced by another one.
    log_number: int = 0
    #: When the newest receipt that was read came to the door, microseconds.
    log_clock_us: int = 0
    #: The calendar of the stores that receipts were counted by.
    calendar: str = ""
    #: Receipts of a known identity with another content.
    conflicts: int = 0
    #: tillstream/log/log_days
    log_day: int | None = None
    log_day_seen: int | None = None


class ReceiptsState:
    """The tables of receipts."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def make(self) -> None:
        """Make the tables, as far as there are none."""
        for statement in CREATE:
            self._database.execute(statement)

    def exists(self) -> bool:
        """Whether they were made."""
        return bool(
            self._database.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'receipts_progress'"
            ).fetchone()
        )

    def progress(self) -> ReceiptsProgress:
        """As of the last commit."""
        row = self._database.execute(
            "SELECT next_offset, last_digest, begin_offset, log_number, log_clock_us, calendar,"
            " conflicts, log_day, log_day_seen FROM receipts_progress"
        ).fetchone()
        return ReceiptsProgress(*row) if row else ReceiptsProgress()

    def write_progress(self, progress: ReceiptsProgress) -> None:
        """Remember where to go on."""
        self._database.execute(
            "INSERT OR REPLACE INTO receipts_progress VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            astuple(progress),
        )

    def put_aside(self, log_number: int, one: Aside) -> None:
        """Keep what was not counted; a repetition changes nothing."""
        self._database.execute(
            "INSERT OR IGNORE INTO receipts_aside VALUES (?, ?, ?, ?, ?, ?)",
            (log_number, *astuple(one)),
        )

    def aside(self) -> Sequence[Aside]:
        """Everything that was not counted, in the order of the log."""
        rows = self._database.execute(
            "SELECT log_offset, log_row, stream, reason, text FROM receipts_aside"
            " ORDER BY log_number, log_offset, stream, log_row"
        )
        return [Aside(*row) for row in rows]


def receipts_progress_of(path: Path) -> ReceiptsProgress:
    """How far a state's file came, as far as it can be read."""
    if path.exists():
        with suppress(StateUnreadableError), State(path) as state:
            kept = ReceiptsState(state.database)
            if kept.exists():
                return kept.progress()
    return ReceiptsProgress()
