"""The door's own count of what it accepted, by business day and store, beside the broker's log.

One small SQLite file for each process of the door. A commit is on the file system before the
door answers, so a kill of the process loses none of it; a power cut may (`synchronous=OFF`),
and then `verify` says so.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from tillstream.currencies import CURRENCY
from tillstream.currency_day import CurrencyDay, currency_day

#: What was accepted: business day in its currency, store, gross in minor units.
AcceptedSale = tuple[CurrencyDay, str, int]

#: Receipts and gross minor units by (day in its currency, store).
ByStore = dict[tuple[CurrencyDay, str], tuple[int, int]]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accepted (
    day INTEGER NOT NULL,
    store TEXT NOT NULL,
    receipts INTEGER NOT NULL,
    gross_minor INTEGER NOT NULL,
    PRIMARY KEY (day, store)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accepted_in (
    currency TEXT NOT NULL,
    day INTEGER NOT NULL,
    store TEXT NOT NULL,
    receipts INTEGER NOT NULL,
    gross_minor INTEGER NOT NULL,
    PRIMARY KEY (currency, day, store)
) WITHOUT ROWID;
"""
#: Euros are in the table that was there before there were other currencies.
_ADD = "INSERT INTO accepted VALUES (?, ?, ?, ?)"
_ADD_OTHERS = "INSERT INTO accepted_in VALUES (?, ?, ?, ?, ?)"
_TO_WHAT_IS_THERE = (
    " ON CONFLICT DO UPDATE SET receipts = receipts + excluded.receipts,"
    " gross_minor = gross_minor + excluded.gross_minor"
)
_ALL = "SELECT 'EUR', day, store, receipts, gross_minor FROM accepted"
_OTHERS = "SELECT currency, day, store, receipts, gross_minor FROM accepted_in"


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
        euros: list[tuple[object, ...]] = []
        others: list[tuple[object, ...]] = []
        for ((day, currency), store), figures in sums.items():
            if currency == CURRENCY:
                euros.append((day.toordinal(), store, *figures))
            else:
                others.append((currency, day.toordinal(), store, *figures))
        self._database.execute("BEGIN")
        self._database.executemany(_ADD + _TO_WHAT_IS_THERE, euros)
        if others:
            self._database.executemany(_ADD_OTHERS + _TO_WHAT_IS_THERE, others)
        self._database.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def read(folder: Path) -> ByStore:
    """What all processes of the door accepted; empty where none ever ran."""
    total: ByStore = {}
    for path in sorted(folder.glob("*.sqlite3")):
        with closing(sqlite3.connect(path, timeout=10)) as database:
            query = f"{_ALL} UNION ALL {_OTHERS}" if _has_others(database) else _ALL
            for currency, day, store, receipts, gross_minor in database.execute(query):
                where = (currency_day(day, currency), store)
                before = total.get(where, (0, 0))
                total[where] = (before[0] + receipts, before[1] + gross_minor)
    return total


def _has_others(database: sqlite3.Connection) -> bool:
    """Whether a door made the file that knows other currencies."""
    query = "SELECT 1 FROM sqlite_master WHERE name = 'accepted_in'"
    return database.execute(query).fetchone() is not None


def folder_of(data_dir: Path) -> Path:
    """Where the door keeps its count."""
    return data_dir / "entrypoint" / "accepted"
