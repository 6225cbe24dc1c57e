"""The day under a filter, shared by all viewers: a store's from receipts, all else from figures."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta

import msgspec
from cachetools import LRUCache, TLRUCache
from pymongo import MongoClient

from dashboard.archive import store_day
from dashboard.archive.connection import QUERY_TIMEOUT_MS, answering
from dashboard.archive.kept_day import KeptDays
from dashboard.state.filtered import Filter, FilteredDay
from dashboard.state.panels import Row
from dashboard.state.store_days import Today
from tillstream.archive import Document
from tillstream.clock import Clock
from tillstream.figures_reader import FiguresReader
from tillstream.stores import StoreTable

#: A question may take a tenth of the archive's time: it is asked again after ten times as long as
#: it took, within these bounds, seconds.
ASK_AGAIN_SECONDS = (1.5, 120.0)
#: Answers that are shared.
MAX_ANSWERS = 64

#: A filter, and what the day a week before has: cents and receipts.
WeekBefore = tuple[Filter, tuple[int, int] | None]


class FilteredDays:
    """Asks MongoDB for filtered days; answers are shared by all viewers.

    One question at a time for stores, and one for all else.
    """

    def __init__(
        self,
        client: MongoClient[Document],
        database: str,
        figures: FiguresReader,
        table: StoreTable,
        clock: Clock,
    ) -> None:
        self._receipts = client[database].receipts
        self._currency = table.currency
        self._kept = KeptDays(figures, table)
        self._clock = clock
        self._asking = {True: threading.Lock(), False: threading.Lock()}
        self._lock = threading.Lock()
        self._answers: TLRUCache[Filter, FilteredDay] = TLRUCache(
            MAX_ANSWERS, ttu=lambda _, found, __: found.read_at + found.ask_again, timer=clock
        )
        self._week_before: LRUCache[WeekBefore, list[Row]] = LRUCache(MAX_ANSWERS)

    def find(
        self, chosen: Filter, today: Today, week_before_has: tuple[int, int] | None = None
    ) -> FilteredDay:
        """`today` under a filter as it is now, or as it was up to `ask_again` seconds ago.

        `week_before_has`: cents and receipts of the day a week before; when they grow, a store's
        hours of it are read again. Raises ArchiveAwayError.
        """
        with self._asking[bool(chosen.store)]:
            with self._lock:
                shared = self._answers.get(chosen)
            if shared is not None:
                return shared
            now = self._clock()
            with answering():
                if chosen.store:
                    found = self._of_store(chosen, today, now, week_before_has)
                else:
                    found = self._kept.find(chosen, today, now)
            least, most = ASK_AGAIN_SECONDS
            again = min(most, max(least, 10 * (self._clock() - now)))
            read = msgspec.structs.replace(found, ask_again=again)
            with self._lock:
                self._answers[chosen] = read
            return read

    def stores(self) -> list[str]:
        """Every store of the archive; raises ArchiveAwayError."""
        with answering():
            return [str(row["_id"]) for row in self._ask([{"$group": {"_id": "$store"}}])]

    def _of_store(
        self,
        chosen: Filter,
        today: Today,
        now: float,
        week_before_has: tuple[int, int] | None,
    ) -> FilteredDay:
        week = (chosen, week_before_has)
        with self._lock:
            week_before = self._week_before.get(week)
        found = next(self._ask(store_day.pipeline(chosen, today.zone.key, self._currency)))
        known = bool(found["minutes"]) or self._knows(chosen.store)
        if week_before is None:
            week_before = self._hours_of_the_week_before(chosen, today.zone.key)
            with self._lock:
                self._week_before[week] = week_before
        return store_day.answer(chosen, found, today, now, week_before, known, self._currency)

    def _knows(self, store: str) -> bool:
        wanted = {"store": store}
        found = self._receipts.find_one(wanted, {"_id": 1}, max_time_ms=QUERY_TIMEOUT_MS)
        return found is not None

    def _hours_of_the_week_before(self, chosen: Filter, zone: str) -> list[Row]:
        day = date.fromisoformat(chosen.day) - timedelta(days=7)
        earlier = chosen._replace(day=day.isoformat())
        hours = self._ask(store_day.hours(earlier, zone, self._currency))
        return [(str(row["_id"]), int(row["gross"])) for row in hours]

    def _ask(self, stages: list[Document]) -> Iterator[Document]:
        return self._receipts.aggregate(stages, maxTimeMS=QUERY_TIMEOUT_MS, allowDiskUse=True)
