"""Rebuilds the ledger from the whole log, or from the archive, and swaps it in when it is done."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from analytics.counting.columns import Columns
from analytics.counting.folds import Sums, Totals
from analytics.counting.isolation import (
    Batch,
    SetAside,
    SingleReceipt,
    isolate,
    read_batches,
    single_receipts,
)
from analytics.counting.receipt_counter import FigureFullError, ReceiptCounter
from analytics.ledger.identity_records import RECORD_BYTES, first_contents, identity_records
from analytics.ledger.ledger_file import Ledger, Progress
from analytics.ledger.log_days import LOG_DAY, majority_day
from analytics.ledger.ownership import rebuilt_path, remove
from tillstream.log.reader import LogMessage, message_digest
from tillstream.stores import StoreTable

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
        #: Digest of the last message.
        self.last_digest: bytes | None = None
        #: How often the log was found to be another one or shorter; above 0 it is not everything.
        self.log_epoch = 0
        self.aside: list[SetAside] = []
        self.receipts = 0
        self.counter = ReceiptCounter(
            {}, self._totals_of, self._add_identities, self._add_conflict, self._put_aside
        )

    def count(
        self,
        messages: Sequence[LogMessage],
        columns: Columns,
        sums: Sums | None = None,
        aside: Sequence[SetAside] = (),
    ) -> int:
        """Count messages, given as columns as well; returns how many receipts they held.

        Raises FigureFullError before anything is counted: `count_batch` counts what fits.
        """
        before = self.receipts
        self.counter.count(messages, columns, sums, aside)
        self._passed(messages)
        return self.receipts - before

    def count_batch(self, batch: Batch, stores: StoreTable) -> int:
        """The same, receipt by receipt where a figure is full: what does not fit is set aside."""
        try:
            return self.count(*batch[:4])
        except FigureFullError:
            return self._count_singly(batch, stores)

    def _count_singly(self, batch: Batch, stores: StoreTable) -> int:
        before = self.receipts

        def attempt(some: list[SingleReceipt]) -> None:
            # One receipt is one batch, which is counted whole or not at all.
            places = [one.place for one in some]
            for batch in read_batches([one.message for one in some], stores, places):
                self.counter.count(*batch[:4])

        for single in single_receipts(batch.messages, batch.places):
            for fault in isolate([single], attempt):
                self.counter.put_aside(fault)
        self._passed(batch.messages)
        return self.receipts - before

    def _passed(self, messages: Sequence[LogMessage]) -> None:
        # What the archive gives has no offset.
        if messages and messages[-1].offset >= 0:
            self.next_offset = messages[-1].offset + 1
            self.last_digest = message_digest(messages[-1])
        counter = self.counter
        self.receipts = (
            len(self.identities)
            + counter.duplicates
            + counter.conflicts
            + counter.undecodable
            + counter.set_aside
        )

    def write(self, ledger: Ledger, calendar: str = "") -> None:
        """Everything into an empty ledger, in one transaction."""
        ledger.begin()
        if calendar:
            ledger.require_calendar(calendar)
        if seen := majority_day(self.counter.recent_days):
            ledger.write_fact(LOG_DAY, seen)
        for day, totals in self.days.items():
            ledger.write_totals(day, totals.items())
        # In the order of the table, each insert goes to its end.
        records = np.frombuffer(self._records, f"S{RECORD_BYTES}")
        records.sort()
        for start in range(0, len(records), RECORDS_AT_ONCE):
            ledger.keep_identities(records[start : start + RECORDS_AT_ONCE].tobytes())
        for conflict in self.conflicts:
            ledger.add_conflict(*conflict)
        for one in self.aside:
            ledger.add_aside(one)
        ledger.write_tills(self.counter.tills.values())
        ledger.write_progress(self.progress())
        ledger.commit()

    def progress(self) -> Progress:
        """How far it came."""
        counter = self.counter
        return Progress(
            self.next_offset,
            counter.duplicates,
            counter.conflicts,
            counter.undecodable,
            counter.set_aside,
            self.last_digest,
            self.log_epoch,
        )

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
        first, new = first_contents(known, keys, contents, records)
        self._records += b"".join(new)
        return first

    def _add_conflict(self, offset: int, key: bytes, receipt: bytes) -> bool:
        self.conflicts.append((offset, key, receipt))
        return True

    def _put_aside(self, one: SetAside) -> bool:
        self.aside.append(one)
        return True


def write_rebuilt(path: Path, recount: Recount, calendar: str) -> None:
    """Leave a whole new ledger beside the one at `path`."""
    fresh = path.with_suffix(".recount")
    remove(fresh)
    # Written once, not into a journal first: a commit without one waits for the disk as well.
    with Ledger(fresh, journal="OFF") as ledger:
        recount.write(ledger, calendar)
    fresh.replace(rebuilt_path(path))
