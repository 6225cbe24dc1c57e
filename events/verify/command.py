"""`python -m events verify`: every window counted again from archive and log, and compared."""

import threading
from contextlib import ExitStack

from pymongo import MongoClient

from events.settings import EventsSettings
from events.verify.proof import verify
from events.verify.report import as_json, lines
from tillstream.archive import Document

#: Longest wait for MongoDB, milliseconds.
MONGO_MS = 10_000


def run(settings: EventsSettings, stop: threading.Event, *, json: bool) -> int:
    """Print the report; 0 when all places agree."""
    with ExitStack() as stack:
        database = None
        if settings.mongo_url is not None:
            client: MongoClient[Document] = stack.enter_context(
                MongoClient(settings.mongo_url, serverSelectionTimeoutMS=MONGO_MS, tz_aware=True)
            )
            database = client[settings.mongo_database]
        report = verify(settings, stop, database)
    if json:
        print(as_json(report))
    else:
        for line in lines(report):
            print(line)
    return 0 if report.holds() else 1
