"""A conversion's newest row in MongoDB: what a document is, where it stands, how it is read.

The events worker writes them; the archive API and the dashboard read them. A document has the
fields of the attribution's stream under their names, and of `changes` all but the sign; `_id` is
the conversion's id. Decimals are Decimal128, times aware and kept to the millisecond.
"""

from collections.abc import Mapping
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import IndexModel

from tillstream.archive import Document
from tillstream.streams import window_documents
from tillstream.streams.changes import ROW_VERSION, SIGN
from tillstream.streams.definition import Attribution, Field, ReadAs, Stream
from tillstream.streams.window_rows import read_value

#: Of an attribution's collection: times are aware, in UTC.
OPTIONS: CodecOptions[Document] = window_documents.OPTIONS


def database_name(attribution: Attribution, archive: str) -> str:
    """The database of the collection; `archive` is that of receipts."""
    return attribution.database or archive


def collection_name(attribution: Attribution) -> str:
    """The collection: as declared, or `events_` and the stream's name."""
    return attribution.collection_name


def readable(stream: Stream, values: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it is read: ints, Decimals, aware datetimes, bools and texts, without the sign."""
    return {
        field.name: read_value(values[field.name], _read_as(field), field.scale)
        for field in stream.fields
        if field.name != SIGN
    }


def document(attribution: Attribution, row: Mapping[str, Any]) -> Document:
    """The document of a row of `readable`."""
    stored = {name: window_documents.stored(value) for name, value in row.items()}
    return {"_id": row[attribution.conversion_id], **stored}


def row(found: Document) -> dict[str, Any]:
    """The row of a document."""
    return window_documents.row(found)


def indexes(attribution: Attribution, stream: Stream) -> list[IndexModel]:
    """What the collection is read by: time, the key by time, and what changed since."""
    time = (stream.time_column, 1), ("_id", 1)
    found = [IndexModel([*time], name="by_time")]
    if any(field.name == attribution.key for field in stream.fields):
        found.append(IndexModel([(attribution.key, 1), *time], name="by_key"))
    return [*found, IndexModel([(ROW_VERSION, 1), ("_id", 1)], name="by_row_version")]


def _read_as(field: Field) -> ReadAs:
    return "text" if field.type == "enum" else field.type
