"""A receipt by its identity, as its page shows it."""

from typing import NamedTuple

from bson.errors import InvalidBSON
from pymongo import MongoClient

from dashboard.archive.connection import QUERY_TIMEOUT_MS, answering
from tillstream import archive
from tillstream.archive import Document
from tillstream.earlier_keys import keys_of_days, names_no_day, todays_key
from tillstream.errors import UndecodableMessageError

#: Conflicts that a receipt's page lists.
MAX_CONFLICTS = 20


class ReceiptLife(NamedTuple):
    """A receipt of the archive, and what came later under its identity with other content."""

    document: Document
    conflicts: list[Document]


class Receipts:
    """Asks MongoDB for single receipts."""

    def __init__(self, client: MongoClient[Document], database: str) -> None:
        self._database = client[database]

    def find(self, key: str) -> ReceiptLife | None:
        """A receipt by its identity, an earlier key too; None when the archive has none.

        Raises ArchiveAwayError, and UndecodableMessageError for one whose times no calendar has.
        """
        try:
            with answering():
                found = self._find({"_id": todays_key(key)})
                if found is None and names_no_day(key):
                    days = self._database.receipts.distinct(
                        "businessDay", maxTimeMS=QUERY_TIMEOUT_MS
                    )
                    found = self._find({"_id": {"$in": keys_of_days(key, days)}})
                if found is None:
                    return None
                later = self._database.conflicts.find(
                    archive.conflicts_of(found["_id"]), max_time_ms=QUERY_TIMEOUT_MS
                )
                return ReceiptLife(found, list(later.limit(MAX_CONFLICTS)))
        except InvalidBSON as error:
            raise UndecodableMessageError(str(error)[:200]) from error

    def _find(self, wanted: Document) -> Document | None:
        # Of several, as the archive's API has it: what was received first.
        return self._database.receipts.find_one(
            wanted, sort={"receivedAt": 1}, hint="_id_", max_time_ms=QUERY_TIMEOUT_MS
        )
