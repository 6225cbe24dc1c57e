"""A receipt by its identity, as its page shows it."""

from typing import NamedTuple

from bson.errors import InvalidBSON
from pymongo import MongoClient

from dashboard.archive.connection import QUERY_TIMEOUT_MS, answering
from tillstream import archive
from tillstream.archive import Document
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
        """A receipt by its identity; None when the archive has none.

        Raises ArchiveAwayError, and UndecodableMessageError for one whose times no calendar has.
        """
        try:
            with answering():
                found = self._database.receipts.find_one({"_id": key}, max_time_ms=QUERY_TIMEOUT_MS)
                if found is None:
                    return None
                later = self._database.conflicts.find(
                    archive.conflicts_of(key), max_time_ms=QUERY_TIMEOUT_MS
                )
                return ReceiptLife(found, list(later.limit(MAX_CONFLICTS)))
        except InvalidBSON as error:
            raise UndecodableMessageError(str(error)[:200]) from error
