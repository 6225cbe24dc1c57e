"""The connection to MongoDB."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.database import Database

from alerts.settings import AlertsSettings
from tillstream import archive
from tillstream.archive import Document

#: That MongoDB is away is to be found out soon.
SERVER_MS, SOCKET_MS, WTIMEOUT_MS = 1_500, 4_000, 3_000


@contextmanager
def connected(settings: AlertsSettings) -> Iterator[Database[Document]]:
    """The database, as a majority of its members has it."""
    with archive.connect(
        settings.mongo_url, "tillstream alerts", server_ms=SERVER_MS, socket_ms=SOCKET_MS
    ) as client:
        yield archive.majority(client, settings.mongo_database, wtimeout_ms=WTIMEOUT_MS)
