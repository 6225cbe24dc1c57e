"""Erases a person's value from MongoDB's documents of conversions."""

from pymongo import MongoClient

from events.archive.pseudonyms import Value
from events.settings import EventsSettings
from tillstream import archive
from tillstream.archive import Document
from tillstream.streams import attribution_documents
from tillstream.streams.changes import ROW_VERSION
from tillstream.streams.definition import Attribution


def erase_documents(
    settings: EventsSettings,
    attribution: Attribution,
    field: str,
    value: Value,
    stands: Value,
    to_version: int,
) -> int:
    """Replace the value in rows up to a version; returns in how many. Raises PyMongoError.

    A row that the sink has read from the outbox before, and stores later, it reads once more.
    """
    if settings.mongo_url is None:
        return 0
    with MongoClient[Document](
        settings.mongo_url, serverSelectionTimeoutMS=archive.SERVER_SELECTION_MS
    ) as client:
        name = attribution_documents.database_name(attribution, settings.mongo_database)
        rows = archive.majority(client, name)[attribution_documents.collection_name(attribution)]
        found = rows.update_many(
            {field: value, ROW_VERSION: {"$lte": to_version}}, {"$set": {field: stands}}
        )
        return found.modified_count
