"""Documents made anew from the receipts in them, where this version makes others.

A document is a function of the receipt as it came, so this may be done at any time, and again.
1. a document that lies under another key now is stored under it, and then removed here;
2. one whose fields differ is replaced, at its place.
Killed in between, the next run goes on: what was stored is recognised by its identity.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import takewhile
from typing import NamedTuple

import bson
import structlog
from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne
from pymongo.collection import Collection
from pymongo.database import Database

from persistence.writer import bson_elements
from persistence.writer.entries import Encoded, Entry, entry
from tillstream.archive import CONFLICTS, RECEIPTS, Document, raw_bytes
from tillstream.earlier_keys import begins_as_today
from tillstream.errors import UndecodableMessageError
from tillstream.stores import StoreTable

log = structlog.get_logger()

#: Stores entries, as these documents where they are given; returns the index and the reason of
#: those that MongoDB refused.
Store = Callable[[list[Entry], Encoded | None], list[tuple[int, str]]]

#: Documents that are looked at together.
BATCH = 2_000
#: Fields that do not come from the receipt.
_OWN = ("storedAt", "erasedAt")
#: Documents that keep the time at which they were stored are never too old to be stored again.
_NEVER_LATE = datetime.max.replace(tzinfo=UTC)


class Remade(NamedTuple):
    """How many documents were looked at, replaced, and moved to another key."""

    seen: int
    replaced: int
    moved: int
    #: Documents that this version cannot read: left as they are, and logged.
    unreadable: int


def remake(
    database: Database[Document], store: Store, stores: StoreTable, *, older: bool
) -> Iterator[Remade]:
    """Every receipt, then every conflict, batch by batch; raises PyMongoError.

    `older`: only those of earlier versions, whose keys do not begin with their day. The times that
    `database` reads are aware, and its writes durable.
    """
    for name in (RECEIPTS, CONFLICTS):
        for batch in (_older if older else _every)(database[name]):
            yield _remake(database[name], batch, store, stores)


def _remake(
    collection: Collection[Document], batch: list[Document], store: Store, stores: StoreTable
) -> Remade:
    replaced: list[ReplaceOne[Document]] = []
    moved: list[tuple[Document, Entry]] = []
    unreadable = 0
    for document in batch:
        try:
            made = entry(raw_bytes(document), stores)
        except UndecodableMessageError as error:
            unreadable += 1
            log.error("left as it is", key=document["_id"], reason=error.reason)
            continue
        if made.key != document.get("key", document["_id"]):
            moved.append((document, made))
        elif collection.name == RECEIPTS:
            fresh = made.document() | {own: document[own] for own in _OWN if own in document}
            if fresh != document:
                replaced.append(ReplaceOne({"_id": document["_id"]}, fresh))
    if replaced:
        collection.bulk_write(replaced, ordered=False)
    if moved:
        ready = _moved(moved) if collection.name == RECEIPTS else None
        refused = dict(store([made for _, made in moved], ready))
        gone = [old["_id"] for index, (old, _) in enumerate(moved) if index not in refused]
        collection.delete_many({"_id": {"$in": gone}})
        for index, reason in refused.items():
            log.error("left as it is", key=moved[index][0]["_id"], reason=reason)
    return Remade(len(batch), len(replaced), len(moved), unreadable)


def _moved(moved: list[tuple[Document, Entry]]) -> Encoded:
    """Documents under other keys, with what does not come from the receipt."""
    documents = []
    for old, made in moved:
        own = bson.encode({name: old[name] for name in _OWN if name in old})
        whole = bson_elements.document(made.elements, bson_elements.of_document(own))
        documents.append(RawBSONDocument(whole))
    return Encoded(documents, _NEVER_LATE)


def _every(collection: Collection[Document]) -> Iterator[list[Document]]:
    """In the order of `_id`; what is moved ahead is met again, and is in place."""
    beyond: Document = {}
    while batch := list(collection.find(beyond).sort("_id", 1).limit(BATCH)):
        yield batch
        beyond = {"_id": {"$gt": batch[-1]["_id"]}}


def _older(collection: Collection[Document]) -> Iterator[list[Document]]:
    """Documents under earlier keys, in the order of `_id`.

    Keys of today stand together, by the hour or the store: they are passed over, not read.
    """
    beyond: Document = {}
    while found := list(collection.find(beyond, {"_id": 1}).sort("_id", 1).limit(BATCH)):
        keys = [str(each["_id"]) for each in found]
        older = list(takewhile(lambda key: begins_as_today(key) is None, keys))
        if older:
            beyond = {"_id": {"$gt": older[-1]}}
            yield list(collection.find({"_id": {"$in": older}}).sort("_id", 1))
        if len(older) < len(keys) and (here := begins_as_today(keys[len(older)])):
            beyond = {"_id": {"$gte": here[0][:-1] + chr(ord(here[0][-1]) + 1)}}
