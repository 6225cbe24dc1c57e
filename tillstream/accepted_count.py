"""The door's own count of what it accepted, by business day and store, beside the broker's log.

One small SQLite file for each process of the door. A commit is on the file system before the
door answers, so a kill of the process loses none of it; a power cut may (`synchronous=OFF`),
and then `verify` says so.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import date
from pathlib import Path

#: What was accepted: business day, store, gross in cents.
AcceptedSale = tuple[date, str, int]

#: Receipts and gross cents by (day, store).
ByStore = dict[tuple[date, str], tuple[int, int]]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accepted (
    day INTEGER NOT NULL,
    store TEXT NOT NULL,
    receipts INTEGER NOT NULL,
    gross_minor INTEGER NOT NULL,
    PRIMARY KEY (day, store)
) WITHOUT ROWID;
"""


class AcceptedCount:
    """Counts what one process accepts."""

    def __init__(self, folder: Path, name: str) -> None:
        """`name` is this process's own: two processes never write one file."""
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / f"{name}.sqlite3", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.executescript(_SCHEMA)

    def add(self, accepted: Iterable[AcceptedSale]) -> None:
        """Count these receipts, all or none of them."""
        sums: ByStore = {}
        for day, store, gross_minor in accepted:
            receipts, gross = sums.get((day, store), (0, 0))
            sums[day, store] = (receipts + 1, gross + gross_minor)
        self.correct(sums)

    def correct(self, sums: ByStore) -> None:
        """Add these figures, which may be negative, all or none of them."""
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT INTO accepted VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " receipts = receipts + excluded.receipts,"
            " gross_minor = gross_minor + excluded.gross_minor",
            [(day.toordinal(), store, *figures) for (day, store), figures in sums.items()],
        )
        self._database.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def read(folder: Path) -> ByStore:
    """What all processes of the door accepted; empty where none ever ran."""
    total: ByStore = {}
    for path in sorted(folder.glob("*.sqlite3")):
        with closing(sqlite3.connect(path, timeout=10)) as database:
            rows = database.execute("SELECT day, store, receipts, gross_minor FROM accepted")
            for day, store, receipts, gross_minor in rows:
                where = (date.fromordinal(day), store)
                before = total.get(where, (0, 0))
                total[where] = (before[0] + receipts, before[1] + gross_minor)
    return total


def folder_of(data_dir: Path) -> Path:
    """Where the door keeps its count."""
    return data_dir / "entrypoint" / "accepted"
