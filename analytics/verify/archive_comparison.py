"""The archive beside the log, a day at a time."""

from collections.abc import Iterable, Iterator, Set
from datetime import date
from itertools import groupby, islice

import numpy as np
import numpy.typing as npt

from analytics.ledger.identity_records import keys_of, places_of
from analytics.verify.archive import ArchiveReader, Stored
from analytics.verify.parquet_days import ParquetDays
from analytics.verify.recount import Recount
from tillstream.currency_day import CurrencyDay
from tillstream.identity import key_day

#: Receipts that are looked up together.
BATCH = 5_000

#: Receipts and minor units by (business day in its currency, store).
ByStore = dict[tuple[CurrencyDay, str], tuple[int, int]]


class ArchiveComparison:
    """What the archive has of the log's receipts."""

    def __init__(
        self, recount: Recount, dropped: Set[int] = frozenset(), skipped: Set[int] = frozenset()
    ) -> None:
        """`dropped`: days of which nobody knows any more whether what is stored was accepted.

        `skipped`: days that are not compared.
        """
        self._identities = recount.identities
        self._dropped = dropped
        self._skipped = skipped
        #: Of days that miss something, which of their identities were found.
        self._found: dict[int, npt.NDArray[np.bool_]] = {}
        self._last: tuple[int, npt.NDArray[np.bytes_]] | None = None
        self._stored: dict[int, int] = {}
        self._by_store: dict[int, ByStore] = {}
        #: Days (ordinals) with receipts of the log that the archive misses, and how many.
        self.missing: dict[int, int] = {}
        #: Identities that it has beyond the log: they may have come since.
        self.extra: set[bytes] = set()

    def stored(self, left_out: Set[int] = frozenset()) -> int:
        """Distinct receipts of the log that it has, without these days."""
        return sum(count for day, count in self._stored.items() if day not in left_out)

    def by_store(self) -> ByStore:
        """What it has of each business day and store: the sums of all days, made at each call."""
        return added(*self._by_store.values())

    def read(self, archive: ArchiveReader) -> None:
        """Every day of MongoDB that is not skipped."""
        days = [day for day in self._identities.days() if day not in self._skipped]
        self.missing = {day: len(self._identities.of_day(day)) for day in days}
        # Everything, also what no receipt of the log belongs to, unless days are skipped.
        begin = min(days, default=0) if self._skipped else 0
        for day, receipts in groupby(archive.receipts_from(begin), lambda each: key_day(each.key)):
            if day not in self._skipped:
                self._read(day, receipts)

    def read_again(self, archive: ArchiveReader) -> None:
        """The days that missed something."""
        for day in list(self.missing):
            self._read(day, archive.receipts_of(day))

    def read_files(self, files: ParquetDays) -> None:
        """What MongoDB misses and the analytic archive has: days that left MongoDB."""
        for business_day in files.moved_near(self.missing):
            for batch in _batches(files.receipts(business_day)):
                of_days: dict[int, list[Stored]] = {}
                for receipt in batch:
                    of_days.setdefault(key_day(receipt.key), []).append(receipt)
                for day, receipts in of_days.items():
                    if day in self.missing:
                        self._look_up(day, receipts)
        for day in list(self.missing):
            self._sum_up(day)

    def _read(self, day: int, receipts: Iterable[Stored]) -> None:
        self._found[day] = np.zeros(len(self._keys(day)), np.bool_)
        self._by_store[day] = {}
        for batch in _batches(receipts):
            self._look_up(day, batch)
        self._sum_up(day)

    def _look_up(self, day: int, receipts: list[Stored]) -> None:
        places = places_of(self._keys(day), [each.key for each in receipts])
        found = self._found.setdefault(day, np.zeros(self.missing.get(day, 0), np.bool_))
        sums = self._by_store.setdefault(day, {})
        for receipt, place in zip(receipts, places.tolist(), strict=True):
            if place < 0:
                if day not in self._dropped:
                    self.extra.add(receipt.key)
            elif not found[place]:
                found[place] = True
                where = (
                    CurrencyDay(date.fromisoformat(receipt.day), receipt.currency),
                    receipt.store,
                )
                count, cents = sums.get(where, (0, 0))
                sums[where] = (count + 1, cents + receipt.gross_minor)

    def _keys(self, day: int) -> npt.NDArray[np.bytes_]:
        # Receipts come day by day.
        if self._last is None or self._last[0] != day:
            self._last = day, keys_of(self._identities.of_day(day))
        return self._last[1]

    def _sum_up(self, day: int) -> None:
        found = self._found.get(day)
        if found is None:
            return
        self._stored[day] = int(found.sum())
        self.missing[day] = len(found) - self._stored[day]
        if not self.missing[day]:
            del self.missing[day], self._found[day]


def added(*books: ByStore) -> ByStore:
    """The sums of some books together."""
    sums: ByStore = {}
    for book in books:
        for where, (count, cents) in book.items():
            before = sums.get(where, (0, 0))
            sums[where] = (before[0] + count, before[1] + cents)
    return sums


def _batches(receipts: Iterable[Stored]) -> Iterator[list[Stored]]:
    source = iter(receipts)
    return iter(lambda: list(islice(source, BATCH)), [])
