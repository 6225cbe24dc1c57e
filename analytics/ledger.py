"""The ledger on disk: totals, identities and the log offset, committed in one transaction.

SQLite in WAL mode: embedded, transactional, one writer. `synchronous=FULL` makes a commit
survive a power cut, not only a kill.
"""

import sqlite3
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from analytics.folds import Amounts, Totals
from tillstream.identity import Identity

_SCHEMA = """
CREATE TABLE IF NOT EXISTS progress (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    next_offset INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    conflicts INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS totals (
    day INTEGER NOT NULL,
    breakdown TEXT NOT NULL,
    key TEXT NOT NULL,
    receipts INTEGER NOT NULL,
    units_milli INTEGER NOT NULL,
    gross_minor INTEGER NOT NULL,
    net_minor INTEGER NOT NULL,
    PRIMARY KEY (day, breakdown, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS identities (
    key BLOB PRIMARY KEY,
    content BLOB NOT NULL
) WITHOUT ROWID;
"""


class Ledger:
    """One open state file. Nothing is durable before `commit`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; what was not committed is gone."""
        self._database.close()

    def begin(self) -> None:
        """Start a transaction."""
        self._database.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make everything since `begin` durable, all or nothing."""
        self._database.execute("COMMIT")

    def rollback(self) -> None:
        """Forget everything since `begin`."""
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")

    def progress(self) -> tuple[int | None, int, int]:
        """Next log offset to read (None: nothing was read yet), duplicates, conflicts."""
        row = self._database.execute(
            "SELECT next_offset, duplicates, conflicts FROM progress"
        ).fetchone()
        return row or (None, 0, 0)

    def write_progress(self, next_offset: int, duplicates: int, conflicts: int) -> None:
        """Remember where to go on, and what was seen so far."""
        self._database.execute(
            "INSERT OR REPLACE INTO progress VALUES (1, ?, ?, ?)",
            (next_offset, duplicates, conflicts),
        )

    def add_identity(self, identity: Identity) -> bytes | None:
        """None when the identity is new, and now kept; else the content it was first seen with."""
        added = self._database.execute("INSERT OR IGNORE INTO identities VALUES (?, ?)", identity)
        if added.rowcount == 1:
            return None
        row = self._database.execute(
            "SELECT content FROM identities WHERE key = ?", (identity.key,)
        ).fetchone()
        content: bytes = row[0]
        return content

    def totals(self, day: date) -> Totals:
        """Totals of a day, empty when nothing was counted for it."""
        rows = self._database.execute(
            "SELECT breakdown, key, receipts, units_milli, gross_minor, net_minor"
            " FROM totals WHERE day = ?",
            (day.toordinal(),),
        )
        return {(breakdown, key): Amounts(*amounts) for breakdown, key, *amounts in rows}

    def write_totals(self, day: date, entries: Iterable[tuple[tuple[str, str], Amounts]]) -> None:
        """Replace the named entries of a day by their absolute amounts."""
        self._database.executemany(
            "INSERT OR REPLACE INTO totals VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(day.toordinal(), *entry, *amounts) for entry, amounts in entries],
        )
