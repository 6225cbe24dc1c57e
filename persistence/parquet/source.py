"""MongoDB as the analytic archive reads it: days, and what was stored lately. Read only."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import PyMongoError

from persistence.parquet import day_sums
from persistence.parquet.rows import BATCH
from persistence.parquet.stored import FIELDS
from persistence.schema import DAY_INDEX
from tillstream import archive
from tillstream.archive import Document
from tillstream.errors import TillstreamError

#: A whole collection may have to be read before the first answer.
SOCKET_MS = 600_000

REASON_CHARACTERS = 200

#: Finds what was stored since a moment, whatever its business day.
STORED_INDEX = [("storedAt", ASCENDING)]

_FIELDS = dict.fromkeys(FIELDS, 1)


class MongoFailedError(TillstreamError):
    """MongoDB does not answer as it should."""


class DayInMongo(NamedTuple):
    """A business day as MongoDB has it."""

    #: Receipts and gross in minor units; what has no receipts is not in it.
    by_currency: dict[str, tuple[int, int]]

    @property
    def receipts(self) -> int:
        """Of all currencies."""
        return sum(receipts for receipts, _ in self.by_currency.values())

    def __str__(self) -> str:
        return ", ".join(
            f"{gross} minor units of {currency} in {receipts} receipts"
            for currency, (receipts, gross) in sorted(self.by_currency.items())
        )


@contextmanager
def connected(url: str, name: str) -> Iterator[Database[Document]]:
    """The database, majority reads and writes; its errors come as MongoFailedError."""
    try:
        with archive.connect(url, "tillstream parquet", socket_ms=SOCKET_MS) as client:
            yield archive.majority(client, name)
    except PyMongoError as error:
        reason = str(error)[:REASON_CHARACTERS]
        raise MongoFailedError(f"MongoDB: {type(error).__name__}: {reason}; try again") from error


class Source:
    """The receipts of MongoDB."""

    def __init__(self, database: Database[Document]) -> None:
        self._receipts: Collection[Document] = database.receipts
        #: Business days of documents that are no days: somebody altered them.
        self.no_days: list[str] = []

    def prepare(self) -> None:
        """The indexes that are read here, where they are not there already."""
        there = [list(each["key"].items()) for each in self._receipts.list_indexes()]
        for index in (DAY_INDEX, STORED_INDEX):
            # One that a retention also uses has options of its own, and serves as well.
            if index not in there:
                self._receipts.create_index(index)

    def days(self, first: date, last: date) -> dict[date, DayInMongo]:
        """Every business day from `first` to `last`, both included, from an index alone."""
        span = {"$gte": first.isoformat(), "$lte": last.isoformat()}
        days: dict[date, DayInMongo] = {}
        sums = day_sums.of_days(self._receipts, span, _named(DAY_INDEX))
        for text, by_currency in sorted(sums.items()):
            try:
                days[date.fromisoformat(text)] = DayInMongo(by_currency)
            except ValueError:
                self.no_days.append(text)
        return days

    def estimated_receipts(self) -> int:
        """About how many receipts MongoDB has."""
        return self._receipts.estimated_document_count()

    def day(self, day: date) -> Iterator[bytes]:
        """Every receipt of a business day, in no order, with the fields of a row: BATCH documents
        together, one after the other as BSON.
        """
        return self._find({"businessDay": day.isoformat()})

    def beside(self, days: Iterable[date], since: datetime | None) -> Iterator[bytes]:
        """As `day`: every receipt that is of none of `days`, or was stored at `since` or later."""
        beside: dict[str, Any] = {"businessDay": {"$nin": [day.isoformat() for day in days]}}
        if since is None:
            return self._find({})
        return self._find({"$or": [beside, {"storedAt": {"$gte": since}}]})

    def _find(self, wanted: dict[str, Any]) -> Iterator[bytes]:
        batches = self._receipts.find_raw_batches(wanted, _FIELDS, batch_size=BATCH)
        # For pymongo's types it gives documents.
        return _ahead(cast("Iterator[bytes]", batches))


def _ahead(batches: Iterator[bytes]) -> Iterator[bytes]:
    """The same; MongoDB makes the next one ready while one is used."""
    with ThreadPoolExecutor(1) as fetcher:
        coming = fetcher.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = fetcher.submit(next, batches, None)
            yield batch


def _named(index: list[tuple[str, int]]) -> dict[str, int]:
    return dict(index)
