"""What the analytic archive has beyond an archive that was counted, as messages to count."""

from collections import OrderedDict
from collections.abc import Collection, Iterator
from datetime import date
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analytics.ledger.identity_records import keys_of, places_of
from analytics.verify.bounded_identities import BoundedIdentities
from analytics.verify.parquet_days import ParquetDays
from analytics.verify.parquet_receipts import FiledReceipt, receipts_of
from tillstream.identity import key_day
from tillstream.log.reader import LogMessage
from tillstream.stores import StoreTable

#: Receipts that are read together, some 10 MB.
BATCH = 5_000
#: Days whose keys are in memory: a business day has receipts of two or three.
DAYS_IN_MEMORY = 3


def messages_beyond(
    files: ParquetDays, counted: BoundedIdentities, stores: StoreTable
) -> Iterator[list[LogMessage]]:
    """Every receipt of the files whose key was not counted before its day was looked at.

    Raises FileUnreadableError.
    """
    known = _KnownKeys(counted)
    for day in files.days:
        for some in _read(files, day, stores):
            lacking = known.lacks([each.key for each in some])
            yield [each.message for each, is_new in zip(some, lacking, strict=True) if is_new]


def messages_of(
    files: ParquetDays, day: int, keys: Collection[bytes], stores: StoreTable
) -> Iterator[list[LogMessage]]:
    """Those of some receipts that tills dated on a day (ordinal), given by their keys' digests."""
    for business_day in files.near([day]):
        for some in _read(files, business_day, stores):
            yield [each.message for each in some if each.key in keys]


def _read(files: ParquetDays, day: date, stores: StoreTable) -> Iterator[list[FiledReceipt]]:
    return files.read(day, BATCH, partial(_receipts, stores))


def _receipts(
    stores: StoreTable, batch: pa.RecordBatch, _: date, layout: int
) -> Iterator[FiledReceipt]:
    return receipts_of(batch, layout, stores)


class _KnownKeys:
    """The keys of a few days as they were when each was first asked for."""

    def __init__(self, counted: BoundedIdentities) -> None:
        self._counted = counted
        self._days: OrderedDict[int, npt.NDArray[np.bytes_]] = OrderedDict()

    def lacks(self, keys: list[bytes]) -> list[bool]:
        """Of each key whether it is not known."""
        found = np.zeros(len(keys), np.bool_)
        days = np.array([key_day(key) for key in keys])
        for day in np.unique(days).tolist():
            of_day = np.flatnonzero(days == day)
            found[of_day] = places_of(self._of_day(day), [keys[each] for each in of_day]) >= 0
        return (~found).tolist()

    def _of_day(self, day: int) -> npt.NDArray[np.bytes_]:
        if day not in self._days:
            self._days[day] = keys_of(self._counted.of_day(day))
            if len(self._days) > DAYS_IN_MEMORY:
                self._days.popitem(last=False)
        self._days.move_to_end(day)
        return self._days[day]
