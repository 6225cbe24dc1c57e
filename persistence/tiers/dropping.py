"""Drops business days from MongoDB that the Parquet files have.

The critical sequence, for a day:

1. read what MongoDB has of it, and what the files have under the same keys;
2. prove that each receipt is in a file and says the same there, to the cent, and that the file has
   the sums of the manifest;
3. require that each is sealed, where seals are made;
4. keep, in `conflicts`, what came again with another content after the day was moved;
5. mark the day as dropped, in the manifest;
6. drop what was read in 1, by `_id`, in batches.

Killed at any moment, the next run begins the day again with what MongoDB still has. What is stored
meanwhile is not dropped: it was not read.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import NamedTuple, TypeVar

import structlog
from pymongo.database import Database

from persistence.parquet.source import Source
from persistence.parquet.writing import Writing
from persistence.tiers.compared import UNREADABLE_FILE, Again, Compared, HeldError
from persistence.writer.documents import conflict
from persistence.writer.erasures import COLLECTION as ERASURES
from persistence.writer.erasures import Erasures
from persistence.writer.inserting import insert
from tillstream.archive import CONFLICTS, RECEIPTS, Document, raw_bytes
from tillstream.errors import UndecodableMessageError
from tillstream.log.reader import StoppedError
from tillstream.query_engine import engine

log = structlog.get_logger()

T = TypeVar("T")


class Dropped(NamedTuple):
    """What MongoDB dropped of a day."""

    day: date
    receipts: int
    #: Of them, those that had come again after the day was moved.
    duplicates: int
    conflicts: int


class Dropper:
    """Takes days out of MongoDB while the lease of the files is held."""

    def __init__(
        self,
        database: Database[Document],
        writing: Writing,
        stop: threading.Event,
    ) -> None:
        self._database = database
        self._source = Source(database)
        self._writing = writing
        self._stop = stop
        #: Days that stay, and why.
        self.held: list[HeldError] = []

    def due(self, before: date) -> list[date]:
        """Days before `before` that MongoDB has anything of."""
        return [day for day in self._source.days(date.min, before) if day < before]

    def run(
        self, days: Iterable[date], unsealed: Callable[[date], str | None]
    ) -> Iterator[Dropped]:
        """Drop days, one after the other; those that stay are in `held`. Raises StoppedError.

        `unsealed` says why a day may not go before it is sealed.
        """
        for day in days:
            try:
                yield self._drop(day, unsealed)
            except HeldError as error:
                self.held.append(error)
            except UNREADABLE_FILE as error:
                self.held.append(HeldError(day, f"its file cannot be read: {error}"))

    def _drop(self, day: date, unsealed: Callable[[date], str | None]) -> Dropped:
        with engine(self._writing.storage) as connection:
            # 1. read 2. prove
            batches = self._watched(self._source.day(day))
            compared = Compared(connection, self._writing, day, batches)
            # 3. seal
            if reason := unsealed(day):
                raise HeldError(day, reason)
            # 4. keep
            duplicates = compared.duplicates()
            conflicts = 0
            for part in _parts(compared.again()):
                kept = self._keep(day, part)
                conflicts += kept
                duplicates += len(part) - kept
            # 5. mark
            if self._writing.manifest.days[day].droppedAt is None:
                self._writing.note_dropped([day])
            # 6. drop
            receipts = 0
            for keys in self._watched(compared.keys()):
                deleted = self._database[RECEIPTS].delete_many({"_id": {"$in": keys}})
                receipts += deleted.deleted_count
        return Dropped(day, receipts, duplicates, conflicts)

    def _keep(self, day: date, again: list[Again]) -> int:
        """Keep as conflicts what is none of a customer who was erased; returns how many."""
        keys = [each.key for each in again if not self._was_erased(each)]
        found = self._database[RECEIPTS].find({"_id": {"$in": keys}}, {"raw": 1})
        try:
            kept = [conflict(each["_id"], raw_bytes(each)) for each in found]
        except UndecodableMessageError as error:
            raise HeldError(day, f"a receipt that came again is none: {error}") from error
        if kept:
            known = insert(self._database[CONFLICTS], kept)
            for index, each in enumerate(kept):
                if index not in known:
                    log.warning("conflict: came again after its day was moved", key=each["key"])
        return len(kept)

    def _was_erased(self, again: Again) -> bool:
        if not again.nameless or again.customer is None:
            return False
        digest = Erasures(self._database).digest(again.customer)
        after = {"_id": digest, "erasedAt": {"$gt": again.kept_received}}
        return self._database[ERASURES].find_one(after) is not None

    def _watched(self, parts: Iterable[T]) -> Iterator[T]:
        for part in parts:
            self._writing.lease.renew()
            if self._stop.is_set():
                raise StoppedError("stopped; the next run goes on with the day in hand")
            yield part


def _parts(again: list[Again], size: int = 500) -> Iterator[list[Again]]:
    for start in range(0, len(again), size):
        yield again[start : start + size]
