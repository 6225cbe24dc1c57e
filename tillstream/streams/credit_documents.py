"""A conversion's credits in MongoDB: what a document is, by which indexes it is read.

The events worker writes them; the archive API reads them. A document is one conversion, so that
its credits are read as of one `row_version` and add up: `_id` is its id, beside it stand its time,
what `changes` has, and `credits`, by channel the millionths of each model. Who it was is not there,
nor whether it is final: the document of the conversion says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pymongo import IndexModel

from tillstream.archive import Document
from tillstream.streams import window_documents
from tillstream.streams.changes import IS_FINAL, MODELS, SIGN
from tillstream.streams.definition import Attribution, Stream
from tillstream.streams.window_rows import read_value

CREDITS, CHANNEL = "credits", "channel"


def documents(
    attribution: Attribution, stream: Stream, rows: Iterable[Mapping[str, Any]]
) -> Iterator[Document]:
    """The documents of a commit's rows of credits, all of a conversion's rows among them.

    Those that are taken back say nothing more: a conversion has credits at all times.
    """
    once = [
        field
        for field in stream.fields
        if field.name not in (attribution.conversion_id, CHANNEL, SIGN, IS_FINAL, *MODELS)
    ]
    found: dict[Any, Document] = {}
    for row in rows:
        if row[SIGN] < 0:
            continue
        key = row[attribution.conversion_id]
        document = found.get(key)
        if document is None:
            values = {
                field.name: window_documents.stored(
                    read_value(
                        row[field.name],
                        "text" if field.type == "enum" else field.type,
                        field.scale,
                    )
                )
                for field in once
            }
            document = found[key] = {"_id": key, **values, CREDITS: []}
        document[CREDITS].append({name: row[name] for name in (CHANNEL, *MODELS)})
    for document in found.values():
        document[CREDITS].sort(key=lambda one: (one[CHANNEL] is not None, one[CHANNEL] or ""))
        yield document


def indexes(stream: Stream) -> list[IndexModel]:
    """What the collection is read by: time."""
    return [IndexModel([(stream.time_column, 1), ("_id", 1)], name="by_time")]


def sums(time_column: str, times: Document, most: int) -> list[Document]:
    """The pipeline of the sums of each channel over conversions of a time, by `by_time`.

    `_id` is the channel, `conversions` how many have a touch of it; in the order of the channels,
    that of no touch first, at most so many.
    """
    return [
        {"$match": {time_column: times}},
        {"$project": {"_id": 0, CREDITS: 1}},
        {"$unwind": f"${CREDITS}"},
        {
            "$group": {
                "_id": f"${CREDITS}.{CHANNEL}",
                "conversions": {"$sum": 1},
                **{model: {"$sum": f"${CREDITS}.{model}"} for model in MODELS},
            }
        },
        {"$sort": {"_id": 1}},
        {"$limit": most},
    ]
