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
from tillstream.log.positions import Offsets, in_stream, partition_of
from tillstream.log.reader import LogMessage, message_digest


class PartitionProgress(msgspec.Struct):
    """How far a partition of it was counted: see ReceiptsProgress."""

    next_offset: int | None = None
    last_digest: bytes | None = None
    begin_offset: int = 0


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
    #: What is said of the first partition in the first three fields, of each further one.
    further: dict[int, PartitionProgress] = {}

    def partitions(self) -> dict[int, PartitionProgress]:
        """By their number; the first is always there."""
        first = PartitionProgress(self.next_offset, self.last_digest, self.begin_offset)
        return {0: first, **self.further}

    def next_offsets(self) -> dict[int, int]:
        """Where to go on in each partition of which something was counted."""
        found = {number: one.next_offset for number, one in self.partitions().items()}
        return {number: offset for number, offset in found.items() if offset is not None}

    def begin_offsets(self) -> dict[int, int]:
        """Where counting began in each partition, where that was not its first message ever."""
        found = {number: one.begin_offset for number, one in self.partitions().items()}
        return {number: offset for number, offset in found.items() if in_stream(offset)}

    def starts(self) -> dict[int, int]:
        """From where on each partition is to be counted."""
        return self.begin_offsets() | self.next_offsets()

    def passed(self, messages: Sequence[LogMessage]) -> None:
        """Go on after these messages, which are in the order of each partition."""
        for message in {partition_of(one.offset): one for one in messages}.values():
            number, digest = partition_of(message.offset), message_digest(message)
            if number:
                partition = self.further.setdefault(number, PartitionProgress())
                partition.next_offset, partition.last_digest = message.offset + 1, digest
            else:
                self.next_offset, self.last_digest = message.offset + 1, digest

    def begin_at(self, firsts: Offsets) -> None:
        """Count from these offsets, and each other partition from its beginning."""
        self.next_offset, self.last_digest = None, None
        self.begin_offset = firsts.get(0, 0)
        self.further = {
            number: PartitionProgress(begin_offset=offset)
            for number, offset in firsts.items()
            if number
        }


class ReceiptsState:
    """The tables of receipts."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._is_partitioned = False

    def make(self) -> None:
        """Make the tables, as far as there are none."""
        for statement in CREATE:
            self._database.execute(statement)
        self._is_partitioned = bool(self._further())

    def exists(self) -> bool:
        """Whether they were made."""
        return self._has_table("receipts_progress")

    def _has_table(self, name: str) -> bool:
        found = self._database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,))
        return found.fetchone() is not None

    def progress(self) -> ReceiptsProgress:
        """As of the last commit."""
        row = self._database.execute(
            "SELECT next_offset, last_digest, begin_offset, log_number, log_clock_us, calendar,"
            " conflicts, log_day, log_day_seen FROM receipts_progress"
        ).fetchone()
        if not row:
            return ReceiptsProgress()
        progress = ReceiptsProgress(*row)
        progress.further = self._further()
        return progress

    def _further(self) -> dict[int, PartitionProgress]:
        # A state of before has no such table until its next worker begins.
        if not self._has_table("receipts_partitions"):
            return {}
        rows = self._database.execute("SELECT * FROM receipts_partitions").fetchall()
        return {row[0]: PartitionProgress(*row[1:]) for row in rows}

    def write_progress(self, progress: ReceiptsProgress) -> None:
        """Remember where to go on."""
        self._database.execute(
            "INSERT OR REPLACE INTO receipts_progress VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            astuple(progress)[:-1],
        )
        if progress.further or self._is_partitioned:
            self._is_partitioned = True
            self._database.execute("DELETE FROM receipts_partitions")
            self._database.executemany(
                "INSERT INTO receipts_partitions VALUES (?, ?, ?, ?)",
                [(number, *astuple(one)) for number, one in progress.further.items()],
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
