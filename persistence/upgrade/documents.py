"""Documents of the archive made anew from the receipts in them, where this version makes others.

A document is a function of the receipt as it came, so this may be done at any time, and again.
1. a document that lies under another key now is stored under it, and then removed here;
2. one whose fields differ is replaced, at its place.
Killed in between, the next run goes on: what was stored is recognised by its identity.
"""

import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import structlog
from bson.codec_options import CodecOptions
from pymongo import ReplaceOne
from pymongo.database import Database
from pymongo.write_concern import WriteConcern
from tqdm import tqdm

from persistence.writer.archive_writer import Archive
from persistence.writer.entries import Entry, entry
from tillstream.archive import Document, raw_bytes
from tillstream.errors import UndecodableMessageError
from tillstream.log.reader import StoppedError
from tillstream.stores import StoreTable

log = structlog.get_logger()

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
    database: Database[dict[str, Any]], archive: Archive, stores: StoreTable, stop: threading.Event
) -> Remade:
    """Every receipt, then every conflict; raises PyMongoError and StoppedError."""
    durable: Database[dict[str, Any]] = database.with_options(
        # As the times of an entry's document are.
        codec_options=CodecOptions[dict[str, Any]](tz_aware=True),
        write_concern=WriteConcern("majority", j=True),
    )
    totals = [0, 0, 0, 0]
    with tqdm(unit=" documents", unit_scale=True, disable=None) as bar:
        for name in ("receipts", "conflicts"):
            for batch in _batches(durable, name):
                if stop.is_set():
                    raise StoppedError("stopped before the end of the archive; run it again")
                done = _remake(durable, name, batch, archive, stores, stop)
                totals = [total + each for total, each in zip(totals, done, strict=True)]
                bar.update(len(batch))
    return Remade(*totals)


def _remake(
    database: Database[dict[str, Any]],
    name: str,
    batch: list[Document],
    archive: Archive,
    stores: StoreTable,
    stop: threading.Event,
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
        elif name == "receipts":
            fresh = made.document() | {own: document[own] for own in _OWN if own in document}
            if fresh != document:
                replaced.append(ReplaceOne({"_id": document["_id"]}, fresh))
    if replaced:
        database[name].bulk_write(replaced, ordered=False)
    if moved:
        outcome = archive.store([made for _, made in moved], stop)
        if outcome is None:
            raise StoppedError("stopped before the end of the archive; run it again")
        kept = {index for index, _ in outcome.refused}
        gone = [old for index, (old, _) in enumerate(moved) if index not in kept]
        database[name].delete_many({"_id": {"$in": gone}})
        for index, reason in outcome.refused:
            log.error("left as it is", key=moved[index][0], reason=reason)
    return Remade(len(batch), len(replaced), len(moved), unreadable)


def _batches(database: Database[dict[str, Any]], name: str) -> Iterator[list[Document]]:
    """The collection in the order of `_id`; what is moved ahead is met again, and is in place."""
    last: str | None = None
    while True:
        beyond = {} if last is None else {"_id": {"$gt": last}}
        batch = list(database[name].find(beyond).sort("_id", 1).limit(BATCH))
        if not batch:
            return
        yield batch
        last = batch[-1]["_id"]
