"""Reads the kept figures of days (`day_figures`) from MongoDB; what did not change is read once."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from cachetools import LRUCache
from pymongo.collection import Collection as MongoCollection

from tillstream.archive import Document
from tillstream.bounds import DAY_LENGTH
from tillstream.currencies import CURRENCY
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import (
    DAY_FIGURES,
    DayTotals,
    Figures,
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


class Changed(NamedTuple):
    """What of some stores' figures is not as it is known to be, by store."""

    #: When it was written, and the `body` of its document.
    written: dict[str, tuple[datetime, bytes]]
    #: Known stores that have no figures any more.
    gone: set[str]


class FiguresReader:
    """Figures of one currency. Answers are of the moment of the call, shared: who reads them
    changes nothing in them.

    Safe to call from several threads. Every method raises pymongo's errors.
    """

    def __init__(
        self, database: Any, held_bytes: int = HELD_BYTES, currency: str = CURRENCY
    ) -> None:
        """`database`: pymongo's, synchronous."""
        self._currency = currency
        self._documents: MongoCollection[Document] = database[DAY_FIGURES]
        self._lock = threading.Lock()
        #: By `_id`: when it was written, what it holds, its bytes.
        self._held: LRUCache[str, tuple[datetime, Any, int]] = LRUCache(
            held_bytes, lambda held: held[2]
        )

    def totals(self, days: Iterable[str]) -> dict[str, DayTotals]:
        """The ledger's totals by day; a day that has none is left out."""
        wanted = {self._totals_id(day): day for day in days}
        found = self._read(wanted, decode_totals)
        return {wanted[each]: totals for each, totals in found.items()}

    def hours(self, days: Iterable[str]) -> dict[str, dict[str, Figures]]:
        """The whole chain's figures by day and hour, and nothing else of the day is held.

        For many days: a day's totals name every store and product.
        """
        wanted = {self._totals_id(day): day for day in days}
        found = self._read(wanted, _decode_hours, "hours of ")
        return {wanted[each]: hours for each, hours in found.items()}

    def chain(self, days: Iterable[str]) -> dict[str, StoreFigures]:
        """The whole chain's figures by day; a day that has none is left out."""
        wanted = {self._store_id(day, ""): day for day in days}
        found = self._read(wanted, decode_store)
        return {wanted[each]: figures for each, figures in found.items()}

    def stores(self, day: str, stores: Collection[str] | None = None) -> dict[str, StoreFigures]:
        """The figures of one day by store: of those that are named, else of all that have some."""
        if stores is None:
            stores = self.selling(day)
        wanted = {self._store_id(day, store): store for store in stores}
        return {wanted[each]: figures for each, figures in self._read(wanted, decode_store).items()}

    def selling(self, day: str) -> list[str]:
        """The stores that have figures of a day."""
        # By `_id`, whose index answers alone: the documents themselves are large.
        first = self._store_id(day, "")
        every = {"_id": {"$gt": first, "$lt": f"{first[:-1]}0"}}
        found = self._documents.find(every, {"_id": 1}, max_time_ms=QUERY_TIMEOUT_MS)
        return [str(each["_id"]).removeprefix(first) for each in found]

    def selling_elsewhere(self, day: str) -> set[str]:
        """The stores that have figures of a day in a currency that is not the chain's main one."""
        # Those of CurrencyDay: a space stands before the currency's name, and "!" is next to it.
        every = {"_id": {"$gt": f"{day} ", "$lt": f"{day}!"}}
        found = self._documents.find(every, {"_id": 1}, max_time_ms=QUERY_TIMEOUT_MS)
        return {str(each["_id"]).partition("/")[2] for each in found} - {""}

    def changed(self, day: str, stores: Iterable[str], known: Mapping[str, datetime]) -> Changed:
        """What differs from `known`, which says when each store's figures were written.

        For whoever holds what it makes of them: nothing of it is held here. "" is the chain.
        """
        wanted = {self._store_id(day, store): store for store in stores}
        found = {wanted[each["_id"]]: each["writtenAt"] for each in self._written(wanted)}
        new = [self._store_id(day, store) for store, at in found.items() if known.get(store) != at]
        written = {
            wanted[each["_id"]]: (each["writtenAt"], bytes(each["body"]))
            for some in _portions(new)
            for each in self._ask(some, None)
        }
        return Changed(written, set(known) - set(found))

    def store_days(
        self, days: Iterable[str], stores: Collection[str]
    ) -> Iterator[tuple[str, StoreFigures]]:
        """Each day of each of some stores that has figures, with its day, in no order.

        Nothing of it is held: it is for sums over more than fits the memory.
        """
        wanted = [self._store_id(day, store) for day in days for store in stores]
        for some in _portions(wanted):
            for each in self._ask(some, None):
                yield str(each["day"]), decode_store(bytes(each["body"]))

    def days(self, first: str, last: str) -> list[str]:
        """The days from `first` to `last`, both included, that have figures, oldest first."""
        begin = date.fromisoformat(first)
        number = (date.fromisoformat(last) - begin).days + 1
        names = [
            self._totals_id((begin + timedelta(days=each)).isoformat()) for each in range(number)
        ]
        return sorted(
            str(each["_id"])[:DAY_LENGTH]
            for some in _portions(names)
            for each in self._ask(some, {"_id": 1})
        )

    def _totals_id(self, day: str) -> str:
        return totals_id(str(CurrencyDay(date.fromisoformat(day), self._currency)))

    def _store_id(self, day: str, store: str) -> str:
        return store_id(str(CurrencyDay(date.fromisoformat(day), self._currency)), store)

    def _read(
        self, ids: Collection[str], decode: Callable[[bytes], Any], part: str = ""
    ) -> dict[str, Any]:
        """`part` tells apart what is held of a document, if it is not all of it."""
        found: dict[str, Any] = {}
        written = self._written(ids)
        with self._lock:
            for each in written:
                held = self._held.get(part + each["_id"])
                if held and held[0] == each["writtenAt"]:
                    found[each["_id"]] = held[1]
        for some in _portions([one["_id"] for one in written if one["_id"] not in found]):
            for each in self._ask(some, None):
                body = bytes(each["body"])
                found[each["_id"]] = decode(body)
                self._hold(part + each["_id"], (each["writtenAt"], found[each["_id"]], len(body)))
        return found

    def _written(self, ids: Collection[str]) -> list[Document]:
        return [each for some in _portions(list(ids)) for each in self._ask(some, {"writtenAt": 1})]

    def _hold(self, name: str, held: tuple[datetime, Any, int]) -> None:
        with self._lock:
            if held[2] <= self._held.maxsize:
                self._held[name] = held

    def _ask(self, ids: list[str], fields: dict[str, int] | None) -> list[Document]:
        within = {"_id": {"$in": ids}}
        return list(self._documents.find(within, fields, max_time_ms=QUERY_TIMEOUT_MS))


def _portions(ids: list[str]) -> Iterable[list[str]]:
    return (ids[begin : begin + AT_A_TIME] for begin in range(0, len(ids), AT_A_TIME))


def _decode_hours(body: bytes) -> dict[str, Figures]:
    return decode_totals(body).breakdowns.get("hour", {})
