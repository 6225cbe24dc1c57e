"""The connection of the pages to MongoDB, and what they raise when it does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tillstream import archive
from tillstream.archive import Document
from tillstream.errors import TillstreamError

#: Longest wait for a server to answer, and for one question, ms.
SERVER_TIMEOUT_MS = 2_000
QUERY_TIMEOUT_MS = 10_000


class ArchiveAwayError(TillstreamError):
    """The archive gave no answer in time."""


@contextmanager
def answering() -> Iterator[None]:
    """Raises ArchiveAwayError for whatever MongoDB's client raises."""
    try:
        yield
    except PyMongoError as error:
        raise ArchiveAwayError(str(error)[:200]) from error


def connect(url: str) -> MongoClient[Document]:
    """A client that connects when it is first asked."""
    return archive.connect(
        url,
        "dashboard pages",
        server_ms=SERVER_TIMEOUT_MS,
        socket_ms=QUERY_TIMEOUT_MS + SERVER_TIMEOUT_MS,
        connections=4,
    )
