"""Rebuilds the ledger from the whole log, or from the archive, and swaps it in when it is done."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from analytics.book import Book
from analytics.folds import Totals
from analytics.ledger import Ledger, Progress
from analytics.ownership import rebuilt_path, remove
from tillstream.identity import Identity
from tillstream.stores import StoreTable
from tillstream.stream import LogMessage


class Recount:
    """Counts a log from its first message into memory: exact, and fast for that."""

    def __init__(self, stores: StoreTable) -> None:
        self.days: dict[date, Totals] = {}
        #: Identity key -> (content, day first seen).
        self.identities: dict[bytes, tuple[bytes, int]] = {}
        self.conflicts: list[tuple[int, bytes, bytes]] = []
        self.next_offset: int | None = None
        self.receipts = 0
        self.book = Book(stores, {}, self._totals_of, self._add_identity, self._add_conflict)

    def count(self, messages: Iterable[LogMessage]) -> int:
        """Count messages in their order; returns how many receipts they held."""
        before = self.receipts
        for message in messages:
            self.book.count(message)
            self.next_offset = message.offset + 1
        book = self.book
        self.receipts = len(self.identities) + book.duplicates + book.conflicts + book.undecodable
        return self.receipts - before

    def write(self, ledger: Ledger) -> None:
        """Everything into an empty ledger, in one transaction."""
        ledger.begin()
        for day, totals in self.days.items():
            ledger.write_totals(day, totals.items())
        # In the order of the table, each insert goes to its end.
        ledger.add_identities(
            (key, content, seen_day) for key, (content, seen_day) in sorted(self.identities.items())
        )
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

    def _add_identity(self, identity: Identity, seen_day: int) -> bytes | None:
        known = self.identities.setdefault(identity.key, (identity.content, seen_day))
        # The tuple is new exactly when it is ours.
        if known[0] is identity.content:
            return None
        return known[0]

    def _add_conflict(self, offset: int, key: bytes, receipt: bytes) -> None:
        self.conflicts.append((offset, key, receipt))


def write_rebuilt(path: Path, recount: Recount) -> None:
    """Leave a whole new ledger beside the one at `path`."""
    fresh = path.with_suffix(".recount")
    remove(fresh)
    with Ledger(fresh) as ledger:
        recount.write(ledger)
    fresh.replace(rebuilt_path(path))
