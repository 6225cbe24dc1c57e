"""Rebuilds the ledger from the whole log, or from the archive, and swaps it in when it is done."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from analytics.book import Book
from analytics.columns import Columns
from analytics.folds import Sums, Totals
from analytics.identity_records import RECORD_BYTES, identity_records
from analytics.ledger import Ledger, Progress
from analytics.ownership import rebuilt_path, remove
from tillstream.stream import LogMessage

#: Identities that go to SQLite in one blob: one that a core keeps close to it.
RECORDS_AT_ONCE = 5_000


class Recount:
    """Counts a log from its first message into memory: exact, and fast for that."""

    def __init__(self) -> None:
        self.days: dict[date, Totals] = {}
        #: Identity key -> content, and their records for the ledger, one after the other.
        self.identities: dict[bytes, bytes] = {}
        self._records = bytearray()
        self.conflicts: list[tuple[int, bytes, bytes]] = []
        self.next_offset: int | None = None
        self.receipts = 0
        self.book = Book({}, self._totals_of, self._add_identities, self._add_conflict)

    def count(
        self, messages: Sequence[LogMessage], columns: Columns, sums: Sums | None = None
    ) -> int:
        """Count messages, given as columns as well; returns how many receipts they held."""
        before = self.receipts
        self.book.count(messages, columns, sums)
        if messages:
            self.next_offset = messages[-1].offset + 1
        book = self.book
        self.receipts = len(self.identities) + book.duplicates + book.conflicts + book.undecodable
        return self.receipts - before

    def write(self, ledger: Ledger) -> None:
        """Everything into an empty ledger, in one transaction."""
        ledger.begin()
        for day, totals in self.days.items():
            ledger.write_totals(day, totals.items())
        # In the order of the table, each insert goes to its end.
        records = np.frombuffer(self._records, f"S{RECORD_BYTES}")
        records.sort()
        for start in range(0, len(records), RECORDS_AT_ONCE):
            ledger.keep_identities(records[start : start + RECORDS_AT_ONCE].tobytes())
        for conflict in self.conflicts:
            ledger.add_conflict(*conflict)
        ledger.write_tills(self.book.tills.values())
        ledger.write_progress(self.progress())
        ledger.commit()

    def progress(self) -> Progress:
        """How far it came."""
        book = self.book
        return Progress(self.next_offset or 0, book.duplicates, book.conflicts, book.undecodable)

    def _totals_of(self, day: date) -> Totals:
        return self.days.setdefault(day, {})

    def _add_identities(
        self, keys: list[bytes], contents: list[bytes], seen_days: list[int]
    ) -> list[bytes | None]:
        known, records = self.identities, identity_records(keys, contents, seen_days)
        fresh = dict(zip(keys, contents, strict=True))
        if len(fresh) == len(keys) and known.keys().isdisjoint(fresh):
            known.update(fresh)
            self._records += b"".join(records)
            return [None] * len(keys)
        first: list[bytes | None] = []
        for key, content, record in zip(keys, contents, records, strict=True):
            first.append(known.get(key))
            if first[-1] is None:
                known[key] = content
                self._records += record
        return first

    def _add_conflict(self, offset: int, key: bytes, receipt: bytes) -> None:
        self.conflicts.append((offset, key, receipt))


def write_rebuilt(path: Path, recount: Recount) -> None:
    """Leave a whole new ledger beside the one at `path`."""
    fresh = path.with_suffix(".recount")
    remove(fresh)
    # Written once, not into a journal first: a commit without one waits for the disk as well.
    with Ledger(fresh, journal="OFF") as ledger:
        recount.write(ledger)
    fresh.replace(rebuilt_path(path))
