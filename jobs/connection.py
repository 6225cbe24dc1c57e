"""The connection to MongoDB."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.database import Database

from jobs.settings import JobsSettings
from tillstream import archive
from tillstream.archive import Document

#: A lease has to be renewed, or given up, well before it ends.
SERVER_MS, SOCKET_MS, WTIMEOUT_MS = 2_000, 8_000, 5_000


@contextmanager
def connected(settings: JobsSettings) -> Iterator[Database[Document]]:
    """The database, as a majority of its members has it."""
    with archive.connect(
        settings.mongo_url, "tillstream jobs", server_ms=SERVER_MS, socket_ms=SOCKET_MS
    ) as client:
        yield archive.majority(client, settings.mongo_database, wtimeout_ms=WTIMEOUT_MS)
