"""The archive beside the log, a day at a time."""

from collections.abc import Iterable, Iterator, Set
from datetime import date
from itertools import groupby, islice

import numpy as np
import numpy.typing as npt

from analytics.ledger.identity_records import keys_of
from analytics.verify.archive import ArchiveReader, Stored
from analytics.verify.recount import Recount
from tillstream.identity import key_day
from tillstream.ledger import KEY_BYTES

#: Receipts that are looked up together.
BATCH = 5_000

#: Receipts and cents by (business day, store).
ByStore = dict[tuple[date, str], tuple[int, int]]


class ArchiveComparison:
    """What the archive has of the log's receipts."""

    def __init__(self, recount: Recount, dropped: Set[int]) -> None:
        """`dropped`: days of which nobody knows any more whether what is stored was accepted."""
        self._identities = recount.identities
        self._dropped = dropped
        self._stored: dict[int, int] = {}
        self._by_store: dict[int, ByStore] = {}
        #: Days (ordinals) with receipts of the log that the archive misses, and how many.
        self.missing: dict[int, int] = {}
        #: Identities that it has beyond the log: they may have come since.
        self.extra: set[bytes] = set()

    @property
    def stored(self) -> int:
        """Distinct receipts of the log that it has."""
        return sum(self._stored.values())

    @property
    def by_store(self) -> ByStore:
        """What it has of each business day and store."""
        sums: ByStore = {}
        for of_day in self._by_store.values():
            for where, (count, cents) in of_day.items():
                before = sums.get(where, (0, 0))
                sums[where] = (before[0] + count, before[1] + cents)
        return sums

    def read(self, archive: ArchiveReader) -> None:
        """Every day of the archive."""
        self.missing = {day: len(self._identities.of_day(day)) for day in self._identities.days()}
        for day, receipts in groupby(archive.receipts(), lambda each: key_day(each.key)):
            self._read(day, receipts)

    def read_again(self, archive: ArchiveReader) -> None:
        """The days that missed something."""
        for day in list(self.missing):
            self._read(day, archive.receipts(day))

    def _read(self, day: int, receipts: Iterable[Stored]) -> None:
        expected = keys_of(self._identities.of_day(day))
        found = np.zeros(len(expected), np.bool_)
        sums: ByStore = {}
        for batch in _batches(receipts):
            places = _places(expected, batch)
            found[places[places >= 0]] = True
            for receipt, place in zip(batch, places.tolist(), strict=True):
                if place >= 0:
                    where = (date.fromisoformat(receipt.day), receipt.store)
                    count, cents = sums.get(where, (0, 0))
                    sums[where] = (count + 1, cents + receipt.gross_minor)
                elif day not in self._dropped:
                    self.extra.add(receipt.key)
        self._by_store[day] = sums
        self._stored[day] = int(found.sum())
        self.missing[day] = len(expected) - self._stored[day]
        if not self.missing[day]:
            del self.missing[day]


def _places(expected: npt.NDArray[np.bytes_], batch: list[Stored]) -> npt.NDArray[np.int64]:
    """Where each of a batch stands among the sorted keys; -1 where it does not."""
    if not len(expected):
        return np.full(len(batch), -1)
    keys = np.frombuffer(b"".join(each.key for each in batch), f"S{KEY_BYTES}")
    places = np.minimum(np.searchsorted(expected, keys), len(expected) - 1)
    return np.where(expected[places] == keys, places, -1)


def _batches(receipts: Iterable[Stored]) -> Iterator[list[Stored]]:
    source = iter(receipts)
    return iter(lambda: list(islice(source, BATCH)), [])
