"""The connection of the pages to MongoDB, and what they raise when it does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tillstream.errors import TillstreamError

Document = dict[str, Any]

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
    return MongoClient[Document](
        url,
        appname="dashboard pages",
        serverSelectionTimeoutMS=SERVER_TIMEOUT_MS,
        connectTimeoutMS=SERVER_TIMEOUT_MS,
        socketTimeoutMS=QUERY_TIMEOUT_MS + SERVER_TIMEOUT_MS,
        maxPoolSize=4,
        connect=False,
        tz_aware=True,
    )
