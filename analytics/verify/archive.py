"""The archive as the ledger sees it: what MongoDB holds of each receipt. Read only."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from itertools import islice
from typing import NamedTuple, TypeVar

from pymongo import MongoClient

from analytics.settings import VerifySettings
from analytics.verify.written_days import day_of
from tillstream import archive
from tillstream.archive import CONFLICTS, RECEIPTS, Document, raw_bytes
from tillstream.codec import JSON
from tillstream.currencies import CURRENCY
from tillstream.identity import digest_of_key
from tillstream.log.reader import LogMessage

BATCH = 5_000

T = TypeVar("T")


class Stored(NamedTuple):
    """One receipt of the archive."""

    #: The digest that the ledger has of its key.
    key: bytes
    day: str
    store: str
    gross_minor: int
    currency: str = CURRENCY


class ArchiveReader:
    """The collections that the persistence worker writes, as a majority has them."""

    def __init__(self, client: MongoClient[Document], database: str) -> None:
        self.database = archive.majority(client, database)

    def receipts_from(self, day: int) -> Iterator[Stored]:
        """Every receipt in the order of keys, from a day (ordinal) on; from 0 on all of them."""
        return self._stored({"_id": {"$gte": day_of(day).isoformat()}} if day else {})

    def receipts_of(self, day: int) -> Iterator[Stored]:
        """Those that tills dated on a day; all of them for 0, which is no day."""
        return self._stored(_of_day(day))

    def sums(self) -> dict[date, tuple[int, int]]:
        """Receipts and gross in cents of each business day."""
        # Of any day: so that an index answers, without the documents.
        any_day = {"$match": {"businessDay": {"$gte": ""}}}
        sums = {
            "$group": {"_id": "$businessDay", "n": {"$sum": 1}, "cents": {"$sum": "$grossMinor"}}
        }
        found: dict[date, tuple[int, int]] = {}
        for each in self.database[RECEIPTS].aggregate([any_day, sums]):
            with suppress(TypeError, ValueError):  # somebody altered it: no day has it
                found[date.fromisoformat(each["_id"])] = (each["n"], each["cents"])
        return found

    def _stored(self, wanted: Document) -> Iterator[Stored]:
        fields = {"_id": 1, "businessDay": 1, "store": 1, "grossMinor": 1, "currency": 1}
        for document in self._in_order(RECEIPTS, fields, wanted):
            yield Stored(
                digest_of_key(document["_id"]),
                document["businessDay"],
                document["store"],
                document["grossMinor"],
                document.get("currency", CURRENCY),
            )

    def messages(self) -> Iterator[list[LogMessage]]:
        """Every receipt as it came, as the log had it, in the order of keys."""
        return self._messages(RECEIPTS)

    def conflicts(self) -> Iterator[list[LogMessage]]:
        """Every conflict as it came: to be counted after the receipts."""
        return self._messages(CONFLICTS)

    def _messages(self, name: str) -> Iterator[list[LogMessage]]:
        return _batches(map(_message, self._in_order(name, {"raw": 1}, {})))

    def messages_of(self, day: int, keys: Collection[bytes]) -> Iterator[list[LogMessage]]:
        """Those of some receipts of a day, given by the digests of their keys, in no order."""
        for found in self._some_of(day, keys, {"raw": 1}):
            yield list(map(_message, found))

    def documents_of(self, day: int, keys: Collection[bytes]) -> Iterator[Document]:
        """The same, as their documents say key, store, amount and times."""
        fields = dict.fromkeys(("businessDay", "store", "grossMinor", "currency", "receivedAt"), 1)
        for found in self._some_of(day, keys, fields):
            yield from sorted(found, key=lambda each: str(each["_id"]))

    def _some_of(
        self, day: int, keys: Collection[bytes], fields: Document
    ) -> Iterator[Iterable[Document]]:
        ids = (each["_id"] for each in self._in_order(RECEIPTS, {"_id": 1}, _of_day(day)))
        for wanted in _batches(each for each in ids if digest_of_key(each) in keys):
            yield self.database[RECEIPTS].find({"_id": {"$in": wanted}}, fields)

    def _in_order(self, name: str, fields: Document, wanted: Document) -> Iterator[Document]:
        return iter(self.database[name].find(wanted, fields, batch_size=BATCH).sort("_id", 1))

    def estimated_receipts(self) -> int:
        """About how many there are, for a progress bar."""
        return self.database[RECEIPTS].estimated_document_count()


def _of_day(day: int) -> Document:
    """What finds the receipts of a day by their keys, which begin with it."""
    if not day:
        return {}
    begin, end = (day_of(each).isoformat() for each in (day, day + 1))
    return {"_id": {"$gte": begin, "$lt": end}}


def connect(settings: VerifySettings) -> MongoClient[Document]:
    """A client of this room; raises SettingsError without MONGO_URL."""
    return archive.connect(settings.require_mongo(), "tillstream analytics")


@contextmanager
def open_archive(settings: VerifySettings) -> Iterator[ArchiveReader]:
    """The archive on a client of its own."""
    with connect(settings) as client:
        yield ArchiveReader(client, settings.mongo_database)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    source = iter(items)
    return iter(lambda: list(islice(source, BATCH)), [])


def _message(document: Document) -> LogMessage:
    return LogMessage(-1, raw_bytes(document), JSON)
