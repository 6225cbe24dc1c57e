"""Rows of `checkouts` and their credits, as the events worker leaves them."""

from typing import Any

import pyarrow as pa
from pymongo.database import Database

from events.archive.writer import ArchiveWriter
from tests.support.event_streams import all_rows
from tests.support.kept_events import DECLARED, NOON_US
from tillstream.streams import columns, credit_documents, window_documents
from tillstream.streams.changes import MODELS, credits_collection
from tillstream.streams.window_rows import instant, read_value

#: When purchases were made: 2026-11-28 12:00:00 UTC.
TIME = instant(NOON_US)
ATTRIBUTION = DECLARED.attributions["checkouts"]


def checkout(purchase: str, version: int, sign: int = 1, **values: Any) -> dict[str, Any]:
    """A row of `checkouts` as it is counted: times in microseconds, decimals in minor units."""
    names = columns.schema(DECLARED.streams["checkouts"]).names
    made = {
        "purchase_id": purchase,
        "user_id": "u1",
        "purchase_time": NOON_US,
        "sign": sign,
        "row_version": version,
        "is_final": False,
        "is_late": False,
        "touches": 0,
    }
    return dict.fromkeys(names) | made | values


def credit(
    purchase: str,
    version: int,
    channel: str | None,
    millionths: int,
    sign: int = 1,
    purchase_time: int = NOON_US,
) -> dict[str, Any]:
    """A row of `checkout_credits` with the same credit in each model."""
    return {
        "purchase_id": purchase,
        "purchase_time": purchase_time,
        "channel": channel,
        **dict.fromkeys(MODELS, millionths),
        "sign": sign,
        "row_version": version,
        "is_final": False,
        "is_late": False,
    }


def archive(writer: ArchiveWriter, stream: str, offset: int, rows: list[dict[str, Any]]) -> None:
    """Hand one message of rows on to the archive."""
    schema = columns.schema(DECLARED.streams[stream])
    events = pa.RecordBatch.from_pylist(rows, schema)
    writer.add(stream, offset, NOON_US, events, all_rows(events))


def store(database: Database[dict[str, Any]], *rows: dict[str, Any]) -> None:
    """Put rows in MongoDB, each in the place of an older one of its conversion."""
    stream = DECLARED.streams["checkouts"]
    for row in rows:
        read = {
            field.name: read_value(
                row[field.name], "text" if field.type == "enum" else field.type, field.scale
            )
            for field in stream.fields
            if field.name != "sign"
        }
        document = {name: window_documents.stored(value) for name, value in read.items()}
        database[ATTRIBUTION.collection_name].replace_one(
            {"_id": row["purchase_id"]}, document, upsert=True
        )


def store_credits(database: Database[dict[str, Any]], *rows: dict[str, Any]) -> None:
    """Put the rows of a commit's credits in MongoDB."""
    stream = DECLARED.streams[ATTRIBUTION.credits]
    for document in credit_documents.documents(ATTRIBUTION, stream, rows):
        database[credits_collection(ATTRIBUTION)].replace_one(
            {"_id": document["_id"]}, document, upsert=True
        )
