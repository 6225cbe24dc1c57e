"""The state on disk: one SQLite file with one writer and any number of readers.

WAL and `synchronous=FULL`, as the ledger (docs/decisions/0007-ledger-in-sqlite.md). Nothing is
durable before `commit`.
"""

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from connectors.state.counters import Counters
from connectors.state.outbox import Outbox
from connectors.state.sales import Sales
from connectors.state.schema import CREATE, PRAGMAS, VERSION
from connectors.state.state_errors import StateUnreadableError, damage_told
from connectors.state.waiting import WaitingDeliveries
from tillstream.runtime.savepoint import savepoint


class Progress(NamedTuple):
    """How far the log of deliveries was taken."""

    next_offset: int | None = None
    #: Of the last message (tillstream/log/reader.py).
    last_digest: bytes | None = None
    #: When the newest delivery came, Unix microseconds.
    received_us: int = 0


class State(AbstractContextManager["State"]):
    """One open state file."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """Opens or creates; raises StateUnreadableError for a file that is no such state.

        Not to `create` raises sqlite3.OperationalError where there is none.
        """
        self.path = path
        name: str | Path = path
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        else:
            name = f"{path.absolute().as_uri()}?mode=rw"
        self.database = sqlite3.connect(name, isolation_level=None, timeout=10, uri=not create)
        try:
            with damage_told(path):
                self._open()
        except BaseException:
            self.database.close()
            raise
        self.sales = Sales(self.database)
        self.counters = Counters(self.database)
        self.waiting = WaitingDeliveries(self.database)
        self.outbox = Outbox(self.database)

    def _open(self) -> None:
        (version,) = self.database.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise StateUnreadableError(self.path, f"is of version {version}, not {VERSION}")
        if version == 0 and self.database.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise StateUnreadableError(self.path, "is a database of something else")
        self.database.executescript(f"PRAGMA journal_mode=WAL; {PRAGMAS}")
        if version == 0:
            self.database.executescript(CREATE)

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was not committed is gone."""
        self.database.close()

    def begin(self) -> None:
        """Start a transaction that writes."""
        self.database.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make everything since `begin` durable, all or nothing."""
        self.database.execute("COMMIT")

    def rollback(self) -> None:
        """Forget everything since `begin`."""
        if self.database.in_transaction:
            self.database.execute("ROLLBACK")

    def part(self) -> AbstractContextManager[None]:
        """A part of a transaction that is undone, alone, when it raises."""
        return savepoint(self.database)

    def progress(self) -> Progress:
        """How far the log was taken, as of the last commit."""
        row = self.database.execute(
            "SELECT next_offset, last_digest, received_us FROM progress"
        ).fetchone()
        return Progress(*row) if row else Progress()

    def write_progress(self, progress: Progress) -> None:
        """Remember where to go on."""
        self.database.execute("INSERT OR REPLACE INTO progress VALUES (1, ?, ?, ?)", progress)
