"""Documents of earlier versions, brought to the layout of today. Each step may be done again."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import quote

import msgspec
import structlog
from pymongo import DeleteOne, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from tillstream.archive import Document, raw_bytes

log = structlog.get_logger()

#: Documents of one transaction: a receipt may have 8 MiB, and few have a UUID.
BATCH = 20

#: Keys of UUIDs without their store: as they were before version 3.
_WITHOUT_STORE = {"_id": {"$gte": "uuid/", "$lt": "uuid0", "$regex": "^uuid/[0-9a-f]*(#|$)"}}


class _Place(msgspec.Struct):
    """What is read of a receipt's bytes."""

    store: str | int = msgspec.field(name="storeID")


_place = msgspec.json.Decoder(_Place)


def count_seconds(database: Database[Document]) -> None:
    """Offsets in seconds: those of before the time zones have some."""
    database["receipts"].update_many(
        {"utcOffsetSeconds": {"$exists": False}, "utcOffsetMinutes": {"$type": "number"}},
        [
            {"$set": {"utcOffsetSeconds": {"$toInt": {"$multiply": ["$utcOffsetMinutes", 60]}}}},
            {"$unset": "utcOffsetMinutes"},
        ],
        # A document that was damaged otherwise keeps no other waiting.
        bypass_document_validation=True,
    )


def give_stores(database: Database[Document]) -> None:
    """Keys of UUIDs with the store that sent them: `uuid/HEX` becomes `STORE/uuid/HEX`.

    A conflict keeps to the store of its own bytes: that of the receipt need not be the same one.
    """
    for name in ("receipts", "conflicts"):
        collection = database[name]
        for part in _parts(collection.find(_WITHOUT_STORE, batch_size=BATCH)):
            with database.client.start_session() as session:
                session.with_transaction(
                    partial(_move, collection=collection, part=part),
                    read_concern=ReadConcern("snapshot"),
                    write_concern=WriteConcern("majority", j=True),
                )


def _move(session: ClientSession, collection: Collection[Document], part: list[Document]) -> None:
    """A document's `_id` cannot change: it is stored anew and removed, both or neither."""
    changes: list[UpdateOne | DeleteOne] = []
    for each in part:
        try:
            store = _store(each)
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            log.warning(
                "not migrated: it does not say its store", key=each["_id"], reason=str(error)
            )
            continue
        moved = each | {"_id": f"{store}/{each['_id']}"}
        if "key" in each:
            moved["key"] = f"{store}/{each['key']}"
        fields = {name: value for name, value in moved.items() if name != "_id"}
        # What came again meanwhile under its new key stays.
        changes.append(UpdateOne({"_id": moved["_id"]}, {"$setOnInsert": fields}, upsert=True))
        changes.append(DeleteOne({"_id": each["_id"]}))
    if changes:
        collection.bulk_write(
            changes, ordered=True, session=session, bypass_document_validation=True
        )


def _store(document: Document) -> str:
    """The store as a key has it (tillstream.receipt.receipt_key)."""
    store = document.get("store")
    if store is None:
        store = str(_place.decode(raw_bytes(document)).store)
    return store if store.isalnum() else quote(store, safe=" ")


def _parts(documents: Iterable[Document]) -> Iterator[list[Any]]:
    rest = iter(documents)
    while part := list(islice(rest, BATCH)):
        yield part
