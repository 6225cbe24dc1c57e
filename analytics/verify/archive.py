"""The archive as the ledger sees it: what MongoDB holds of each receipt. Read only."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from pymongo import MongoClient

from tillstream import archive
from tillstream.archive import CONFLICTS, RECEIPTS, Document, raw_bytes
from tillstream.codec import JSON
from tillstream.identity import digest_of_key
from tillstream.log.reader import LogMessage

BATCH = 5_000


class Stored(NamedTuple):
    """One receipt of the archive."""

    #: The digest that the ledger has of its key.
    key: bytes
    day: str
    store: str
    gross_minor: int


class Archive:
    """The collections that the persistence worker writes, as a majority has them."""

    def __init__(self, client: MongoClient[Document], database: str) -> None:
        self._database = archive.majority(client, database)

    def receipts(self) -> Iterator[Stored]:
        """Every stored receipt, in no order."""
        fields = {"_id": 1, "businessDay": 1, "store": 1, "grossMinor": 1}
        for document in self._database[RECEIPTS].find({}, fields, batch_size=BATCH):
            yield Stored(
                digest_of_key(document["_id"]),
                document["businessDay"],
                document["store"],
                document["grossMinor"],
            )

    def messages(self) -> Iterator[list[LogMessage]]:
        """Every receipt as it came, as the log had it, by time of receipt; then the conflicts."""
        for name in (RECEIPTS, CONFLICTS):
            batch: list[LogMessage] = []
            found = self._database[name].find({}, {"raw": 1}, batch_size=BATCH)
            for document in found.sort("receivedAt", 1).allow_disk_use(True):
                batch.append(_message(document))
                if len(batch) >= BATCH:
                    yield batch
                    batch = []
            yield batch

    def messages_of(self, keys: Collection[bytes]) -> Iterator[list[LogMessage]]:
        """Those of some receipts, given by the digests of their keys, in no order."""
        ids: list[str] = []
        for document in self._database[RECEIPTS].find({}, {"_id": 1}, batch_size=BATCH):
            if digest_of_key(document["_id"]) in keys:
                ids.append(document["_id"])
            if len(ids) >= BATCH:
                yield self._raw_of(ids)
                ids = []
        yield self._raw_of(ids)

    def _raw_of(self, ids: list[str]) -> list[LogMessage]:
        found = self._database[RECEIPTS].find({"_id": {"$in": ids}}, {"raw": 1})
        return [_message(document) for document in found]

    def estimated_receipts(self) -> int:
        """About how many there are, for a progress bar."""
        return self._database[RECEIPTS].estimated_document_count()


def connect(url: str) -> MongoClient[Document]:
    """A client of this room."""
    return archive.connect(url, "tillstream analytics")


def _message(document: Document) -> LogMessage:
    return LogMessage(-1, raw_bytes(document), JSON)
