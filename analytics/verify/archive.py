"""The archive as the ledger sees it: what MongoDB holds of each receipt. Read only."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from typing import NamedTuple, TypeVar

from pymongo import MongoClient

from analytics.settings import VerifySettings
from tillstream import archive
from tillstream.archive import CONFLICTS, RECEIPTS, Document, raw_bytes
from tillstream.codec import JSON
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


class ArchiveReader:
    """The collections that the persistence worker writes, as a majority has them."""

    def __init__(self, client: MongoClient[Document], database: str) -> None:
        self._database = archive.majority(client, database)

    def receipts(self, day: int | None = None) -> Iterator[Stored]:
        """Every stored receipt in the order of keys; of one day (ordinal) only, if it is given."""
        fields = {"_id": 1, "businessDay": 1, "store": 1, "grossMinor": 1}
        for document in self._in_order(RECEIPTS, fields, _of_day(day)):
            yield Stored(
                digest_of_key(document["_id"]),
                document["businessDay"],
                document["store"],
                document["grossMinor"],
            )

    def messages(self) -> Iterator[list[LogMessage]]:
        """Every receipt as it came, as the log had it, in the order of keys; then the conflicts."""
        for name in (RECEIPTS, CONFLICTS):
            yield from _batches(map(_message, self._in_order(name, {"raw": 1}, {})))

    def messages_of(self, day: int, keys: Collection[bytes]) -> Iterator[list[LogMessage]]:
        """Those of some receipts of a day, given by the digests of their keys, in no order."""
        ids = (each["_id"] for each in self._in_order(RECEIPTS, {"_id": 1}, _of_day(day)))
        for wanted in _batches(each for each in ids if digest_of_key(each) in keys):
            found = self._database[RECEIPTS].find({"_id": {"$in": wanted}}, {"raw": 1})
            yield list(map(_message, found))

    def _in_order(self, name: str, fields: Document, wanted: Document) -> Iterator[Document]:
        return iter(self._database[name].find(wanted, fields, batch_size=BATCH).sort("_id", 1))

    def estimated_receipts(self) -> int:
        """About how many there are, for a progress bar."""
        return self._database[RECEIPTS].estimated_document_count()


def _of_day(day: int | None) -> Document:
    """What finds the receipts of a day by their keys, which begin with it; all of them for None."""
    if not day:  # 0 is no day: that of what is no key
        return {}
    begin, end = (date.fromordinal(each).isoformat() for each in (day, day + 1))
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
