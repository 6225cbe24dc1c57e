"""Reads the kept figures of days (`day_figures`) from MongoDB; what did not change is read once."""

import threading
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from cachetools import LRUCache
from pymongo.collection import Collection as MongoCollection

from tillstream.archive import Document
from tillstream.day_figures import (
    DAY_FIGURES,
    DayTotals,
    StoreFigures,
    decode_store,
    decode_totals,
    store_id,
    totals_id,
)

#: Longest wait for an answer, ms.
QUERY_TIMEOUT_MS = 2_000
#: Bytes of documents that are held, as they are in MongoDB; decoded they take some five times more.
HELD_BYTES = 32 * 1024 * 1024
#: Documents that are asked for at a time.
AT_A_TIME = 2_000


class FiguresReader:
    """Answers are of the moment of the call, shared: who reads them changes nothing in them.

    Safe to call from several threads. Every method raises pymongo's errors.
    """

    def __init__(self, database: Any, held_bytes: int = HELD_BYTES) -> None:
        """`database`: pymongo's, synchronous."""
        self._documents: MongoCollection[Document] = database[DAY_FIGURES]
        self._lock = threading.Lock()
        #: By `_id`: when it was written, what it holds, its bytes.
        self._held: LRUCache[str, tuple[datetime, Any, int]] = LRUCache(
            held_bytes, lambda held: held[2]
        )

    def totals(self, days: Iterable[str]) -> dict[str, DayTotals]:
        """The ledger's totals by day; a day that has none is left out."""
        wanted = {totals_id(day): day for day in days}
        found = self._read(wanted, decode_totals)
        return {wanted[each]: totals for each, totals in found.items()}

    def chain(self, days: Iterable[str]) -> dict[str, StoreFigures]:
        """The whole chain's figures by day; a day that has none is left out."""
        wanted = {store_id(day, ""): day for day in days}
        found = self._read(wanted, decode_store)
        return {wanted[each]: figures for each, figures in found.items()}

    def stores(self, day: str, stores: Collection[str] | None = None) -> dict[str, StoreFigures]:
        """The figures of one day by store: of those that are named, else of all that have some."""
        if stores is None:
            every = {"day": day, "store": {"$gt": ""}}
            found = self._documents.find(every, {"store": 1}, max_time_ms=QUERY_TIMEOUT_MS)
            stores = [str(each["store"]) for each in found]
        wanted = {store_id(day, store): store for store in stores}
        return {wanted[each]: figures for each, figures in self._read(wanted, decode_store).items()}

    def days(self, first: str, last: str) -> list[str]:
        """The days from `first` to `last`, both included, that have figures, oldest first."""
        within = {"_id": {"$gte": totals_id(first), "$lte": totals_id(last)}, "store": None}
        found = self._documents.find(within, {"_id": 1}, max_time_ms=QUERY_TIMEOUT_MS)
        return sorted(str(each["_id"]) for each in found)

    def _read(self, ids: Collection[str], decode: Callable[[bytes], Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        every = list(ids)
        for begin in range(0, len(every), AT_A_TIME):
            some = every[begin : begin + AT_A_TIME]
            written = self._ask(some, {"writtenAt": 1})
            with self._lock:
                for each in written:
                    held = self._held.get(each["_id"])
                    if held and held[0] == each["writtenAt"]:
                        found[each["_id"]] = held[1]
            for each in self._ask([one["_id"] for one in written if one["_id"] not in found], None):
                body = bytes(each["body"])
                found[each["_id"]] = decode(body)
                self._hold(each["_id"], (each["writtenAt"], found[each["_id"]], len(body)))
        return found

    def _hold(self, name: str, held: tuple[datetime, Any, int]) -> None:
        with self._lock:
            if held[2] <= self._held.maxsize:
                self._held[name] = held

    def _ask(self, ids: list[str], fields: dict[str, int] | None) -> list[Document]:
        if not ids:
            return []
        within = {"_id": {"$in": ids}}
        return list(self._documents.find(within, fields, max_time_ms=QUERY_TIMEOUT_MS))
