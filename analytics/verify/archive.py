"""The archive as the ledger sees it: what MongoDB holds of each receipt. Read only."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from tillstream.codec import JSON
from tillstream.identity import digest_of_key
from tillstream.log.reader import LogMessage

#: Longest wait for MongoDB to be there, milliseconds.
SERVER_SELECTION_MS = 10_000
BATCH = 5_000

Document = dict[str, Any]


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
        concern = ReadConcern("majority")
        self._database: Database[Document] = client.get_database(database, read_concern=concern)

    def receipts(self) -> Iterator[Stored]:
        """Every stored receipt, in no order."""
        fields = {"_id": 1, "businessDay": 1, "store": 1, "grossMinor": 1}
        for document in self._database["receipts"].find({}, fields, batch_size=BATCH):
            yield Stored(
                digest_of_key(document["_id"]),
                document["businessDay"],
                document["store"],
                document["grossMinor"],
            )

    def messages(self) -> Iterator[list[LogMessage]]:
        """Every receipt as it came, as the log had it, by time of receipt; then the conflicts."""
        for name in ("receipts", "conflicts"):
            batch: list[LogMessage] = []
            found = self._database[name].find({}, {"raw": 1}, batch_size=BATCH)
            for document in found.sort("receivedAt", 1).allow_disk_use(True):
                batch.append(_message(document["raw"]))
                if len(batch) >= BATCH:
                    yield batch
                    batch = []
            yield batch

    def messages_of(self, keys: Collection[bytes]) -> Iterator[list[LogMessage]]:
        """Those of some receipts, given by the digests of their keys, in no order."""
        ids: list[str] = []
        for document in self._database["receipts"].find({}, {"_id": 1}, batch_size=BATCH):
            if digest_of_key(document["_id"]) in keys:
                ids.append(document["_id"])
            if len(ids) >= BATCH:
                yield self._raw_of(ids)
                ids = []
        yield self._raw_of(ids)

    def _raw_of(self, ids: list[str]) -> list[LogMessage]:
        found = self._database["receipts"].find({"_id": {"$in": ids}}, {"raw": 1})
        return [_message(document["raw"]) for document in found]

    def estimated_receipts(self) -> int:
        """About how many there are, for a progress bar."""
        return self._database["receipts"].estimated_document_count()


def connect(url: str) -> MongoClient[Document]:
    """A client that gives up after SERVER_SELECTION_MS."""
    return MongoClient[Document](
        url, appname="tillstream analytics", serverSelectionTimeoutMS=SERVER_SELECTION_MS
    )


def _message(raw: str | bytes) -> LogMessage:
    return LogMessage(-1, raw.encode() if isinstance(raw, str) else bytes(raw), JSON)
