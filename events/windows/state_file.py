"""The state on disk: rows of windows, identities, watermarks and the offset, in one transaction."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import astuple

from events.windows.figures import (
    Aside,
    Progress,
    StreamFigures,
    UnfinishedErasure,
    WindowFigures,
)
from events.windows.identities import Identities
from events.windows.schema import CREATE, PRAGMAS, VERSION
from events.windows.state_errors import StateUnreadableError
from events.windows.window_table import WindowTable
from tillstream.runtime.state_file import FileKind, StateFile

_KIND = FileKind(
    VERSION,
    PRAGMAS,
    CREATE,
    damaged=StateUnreadableError,
    other=StateUnreadableError,
    cached_statements=256,
)


class State(StateFile):
    """One open state file. Nothing is durable before `commit`."""

    def __init__(
        self, path: Path, journal: Literal["WAL", "OFF"] = "WAL", *, create: bool = True
    ) -> None:
        """As StateFile; raises StateUnreadableError for a file that is no such state."""
        super().__init__(path, _KIND, journal, create=create)
        self.identities = Identities(self.database)

    def progress(self) -> Progress:
        """How far the log was counted, as of the last commit."""
        row = self.database.execute(
            "SELECT next_offset, last_digest, begin_digest, base, archive_from, change,"
            " log_clock_us FROM progress"
        ).fetchone()
        return Progress(*row) if row else Progress()

    def write_progress(self, progress: Progress) -> None:
        """Remember where to go on."""
        self.database.execute(
            "INSERT OR REPLACE INTO progress VALUES (1, ?, ?, ?, ?, ?, ?, ?)", astuple(progress)
        )

    def streams(self) -> dict[str, StreamFigures]:
        """What was heard of each stream, by name."""
        rows = self.database.execute("SELECT * FROM streams")
        return {row[0]: StreamFigures(*row) for row in rows}

    def write_streams(self, streams: Iterable[StreamFigures]) -> None:
        """Replace what is known of these."""
        self.database.executemany(
            "INSERT OR REPLACE INTO streams VALUES (?, ?, ?, ?, ?, ?, ?)", map(astuple, streams)
        )

    def windows(self) -> dict[str, WindowFigures]:
        """What was counted of each window, by name."""
        rows = self.database.execute("SELECT * FROM windows")
        return {row[0]: WindowFigures(*row) for row in rows}

    def write_windows(self, windows: Iterable[WindowFigures]) -> None:
        """Replace what is known of these."""
        self.database.executemany(
            "INSERT OR REPLACE INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            map(astuple, windows),
        )

    def make_window(self, table: WindowTable) -> None:
        """Make a window's tables, empty."""
        for statement in table.create():
            self.database.execute(statement)

    def put_aside(self, some: Iterable[Aside]) -> None:
        """Keep what was not counted; a repetition changes nothing."""
        self.database.executemany(
            "INSERT OR IGNORE INTO aside VALUES (?, ?, ?, ?, ?)", map(astuple, some)
        )

    def aside(self) -> list[Aside]:
        """Everything that was not counted, in the order of the log."""
        rows = self.database.execute("SELECT * FROM aside ORDER BY log_offset, log_row")
        return [Aside(*row) for row in rows]

    def erasures(self) -> list[UnfinishedErasure]:
        """Erasures that the archive's files may not have yet."""
        rows = self.database.execute("SELECT * FROM erasures")
        return [UnfinishedErasure(*row) for row in rows]

    def add_erasures(self, some: Iterable[UnfinishedErasure]) -> None:
        """Remember them until the files have them."""
        self.database.executemany(
            "INSERT INTO erasures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", map(astuple, some)
        )

    def remove_erasures(self, some: Iterable[UnfinishedErasure]) -> None:
        """The files have them."""
        self.database.executemany(
            "DELETE FROM erasures WHERE (record, stream, of_stream) = (?, ?, ?)",
            [(each.record, each.stream, each.of_stream) for each in some],
        )

    def commits_of_others(self) -> int:
        """A number that is another one once another connection has committed."""
        (found,) = self.database.execute("PRAGMA data_version").fetchone()
        return int(found)

    def execute(self, sql: str, parameters: Iterable[Any] = ()) -> sqlite3.Cursor:
        """A statement of a window's table."""
        return self.database.execute(sql, tuple(parameters))

    def execute_many(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> int:
        """A statement for each row; returns how many rows changed."""
        return self.database.executemany(sql, rows).rowcount

    def lift_changes(self, least: int) -> None:
        """Give every row a change that is `least` or more: a part of a transaction.

        Rows of a smaller one are of a state before this.
        """
        progress = self.progress()
        progress.change = max(least, progress.change + 1)
        tables = self.database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'window.%'"
        ).fetchall()
        for (name,) in tables:
            self.database.execute(f'UPDATE "{name}" SET change = ?', (progress.change,))  # noqa: S608 - declared names
        self.database.execute("UPDATE windows SET floor = ?", (progress.change,))
        self.write_progress(progress)
