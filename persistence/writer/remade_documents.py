"""Documents made anew from the receipts in them, where this version makes others.

A document is a function of the receipt as it came, so this may be done at any time, and again.
1. a document that lies under another key now is stored under it, and then removed here;
2. one whose fields differ is replaced, at its place.
Killed in between, the next run goes on: what was stored is recognised by its identity.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import structlog
from pymongo import ReplaceOne
from pymongo.collection import Collection
from pymongo.database import Database

from persistence.writer.entries import Entry, entry
from tillstream.archive import CONFLICTS, RECEIPTS, Document, raw_bytes
from tillstream.errors import UndecodableMessageError
from tillstream.stores import StoreTable

log = structlog.get_logger()

#: Stores entries; returns the index and the reason of those that MongoDB refused.
Store = Callable[[list[Entry]], list[tuple[int, str]]]

#: Documents of before version 3: without an offset in seconds, or a UUID's key without its store.
OLDER: Document = {
    "$or": [
        {"utcOffsetMinutes": {"$exists": True}},
        {"_id": {"$gte": "uuid/", "$lt": "uuid0", "$regex": "^uuid/[0-9a-f]*(#|$)"}},
    ]
}

#: Documents that are looked at together.
BATCH = 2_000
#: Fields that do not come from the receipt.
_OWN = ("storedAt", "erasedAt")


class Remade(NamedTuple):
    """How many documents were looked at, replaced, and moved to another key."""

    seen: int
    replaced: int
    moved: int
    #: Documents that this version cannot read: left as they are, and logged.
    unreadable: int


def remake(
    database: Database[Document], store: Store, stores: StoreTable, wanted: Document
) -> Iterator[Remade]:
    """Every receipt that is wanted, then every conflict, batch by batch; raises PyMongoError.

    The times that `database` reads are aware, and its writes durable.
    """
    for name in (RECEIPTS, CONFLICTS):
        for batch in _batches(database[name], wanted):
            yield _remake(database[name], batch, store, stores)


def _remake(
    collection: Collection[Document], batch: list[Document], store: Store, stores: StoreTable
) -> Remade:
    replaced: list[ReplaceOne[Document]] = []
    moved: list[tuple[str, Entry]] = []
    unreadable = 0
    for document in batch:
        try:
            made = entry(raw_bytes(document), stores)
        except UndecodableMessageError as error:
            unreadable += 1
            log.error("left as it is", key=document["_id"], reason=error.reason)
            continue
        if made.key != document.get("key", document["_id"]):
            moved.append((document["_id"], made))
        elif collection.name == RECEIPTS:
            fresh = made.document() | {own: document[own] for own in _OWN if own in document}
            if fresh != document:
                replaced.append(ReplaceOne({"_id": document["_id"]}, fresh))
    if replaced:
        collection.bulk_write(replaced, ordered=False)
    if moved:
        refused = dict(store([made for _, made in moved]))
        gone = [old for index, (old, _) in enumerate(moved) if index not in refused]
        collection.delete_many({"_id": {"$in": gone}})
        for index, reason in refused.items():
            log.error("left as it is", key=moved[index][0], reason=reason)
    return Remade(len(batch), len(replaced), len(moved), unreadable)


def _batches(collection: Collection[Document], wanted: Document) -> Iterator[list[Document]]:
    """In the order of `_id`; what is moved ahead is met again, and is in place."""
    beyond: Document = {}
    while batch := list(collection.find({"$and": [wanted, beyond]}).sort("_id", 1).limit(BATCH)):
        yield batch
        beyond = {"_id": {"$gt": batch[-1]["_id"]}}
