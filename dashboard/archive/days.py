"""Answers about days, weeks and months from their kept figures; receipts are never added up."""

import threading
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from cachetools import TLRUCache
from pymongo.database import Database

from dashboard.archive import known_days
from dashboard.archive.connection import answering
from dashboard.state import day_spans
from dashboard.state.day_spans import By, Span
from dashboard.state.day_sums import OTHER, Heat, MonthSums, StoreSums, of_day, ranked
from dashboard.state.days_answer import Days, DaysAnswer, SplitRow, amounts
from tillstream.archive import Document
from tillstream.clock import Clock
from tillstream.day_figures import DayTotals, Figures
from tillstream.figures_reader import FiguresReader
from tillstream.stores import StoreTable
from tillstream.usual import day_hours

#: Rows of a split; what is beyond stands together.
MOST_ROWS = 15
#: Most days of single stores that are read for one answer, some 0.3 ms each.
MAX_STORE_DAYS = 1_000
#: Days whose products' names are read.
NAMED_DAYS = 12
#: A store that sold within it is offered.
LATELY = timedelta(days=14)
#: Days without figures that are named.
MOST_MISSING = 31
#: Answers that are shared, and for how long: ten times as long as each took, within bounds, s.
MAX_ANSWERS = 64
SHARED_TIMES, LEAST_SHARED, MOST_SHARED = 10, 2.0, 60.0


class Asked(NamedTuple):
    """A question; of all stores where neither a store nor a region is named.

    `within` are the only stores that its reader sees; None is all.
    """

    span: Span
    by: By = "day"
    store: str = ""
    region: str = ""
    within: tuple[str, ...] | None = None


class RangeOfDays:
    """One computation for all who look at the same; safe to call from several threads."""

    def __init__(
        self,
        database: Database[Document],
        figures: FiguresReader,
        table: StoreTable,
        clock: Clock,
    ) -> None:
        self._database = database
        self._figures = figures
        self._table = table
        self._clock = clock
        self._months = MonthSums()
        #: Of all stores, and of some: what takes longer does not hold up the others.
        self._locks = {False: threading.Lock(), True: threading.Lock()}
        self._shared = threading.Lock()
        self._answers: TLRUCache[Asked, tuple[DaysAnswer, float]] = TLRUCache(
            MAX_ANSWERS, ttu=_good_until, timer=clock
        )

    def today(self) -> date:
        """The chain's present business day."""
        return self._table.default.on(self._clock())

    def stores(self) -> set[str]:
        """Those that the table names, or that sold lately; raises ArchiveAwayError."""
        lately = Span(self.today() - LATELY, self.today() + day_spans.DAY)
        with answering():
            totals = self._figures.totals(lately.names())
        sold = (each.breakdowns.get("store", {}) for each in totals.values())
        return {*self._table.stores, *(store for stores in sold for store in stores)}

    def answer(self, asked: Asked) -> DaysAnswer:
        """Raises ArchiveAwayError."""
        with self._locks[bool(asked.store or asked.region or asked.within)]:
            with self._shared:
                held = self._answers.get(asked)
            if held:
                return held[0]
            began = self._clock()
            with answering():
                found = self._read(asked, began)
            with self._shared:
                self._answers[asked] = found, self._clock() - began
            return found

    def _read(self, asked: Asked, now: float) -> DaysAnswer:
        calendars = (self._table.default, *self._table.exceptions.values())
        open_from = self._table.open_day(now)
        last_begun = max(calendar.on(now) for calendar in calendars)
        stores = self._stores(asked)
        compared = day_spans.comparisons(open_from - day_spans.DAY)
        spans = [asked.span, *(each.now for each in compared), *(each.before for each in compared)]
        names = {day for span in spans for day in span.names() if day <= last_begun.isoformat()}
        totals = self._figures.totals(sorted(names))
        received, first_received = self._without_figures(names - totals.keys())
        days = Days(totals, of_day(stores), received, first_received, open_from, last_begun)
        within = {day: totals[day] for day in asked.span.names() if day in totals}
        splits, heat, narrow_to = self._parts(within, stores, open_from)
        states = [days.state(day) for day in asked.span.names()]
        return DaysAnswer(
            first=asked.span.first.isoformat(),
            last=asked.span.last.isoformat(),
            by=asked.by,
            today=self.today().isoformat(),
            zone=self._table.default.zone.key,
            read_at=now,
            total=amounts(days.sum(asked.span)),
            groups=days.grouped(asked.span, asked.by),
            states={state: states.count(state) for state in sorted(set(states))},
            missing=[
                day
                for day, state in zip(asked.span.names(), states, strict=True)
                if state in {"missing", "unknown"}
            ][:MOST_MISSING],
            splits=splits,
            heat=heat.cells(),
            hours=day_hours(self._table.default),
            running=[days.compared(each) for each in compared],
            narrow_to=narrow_to,
        )

    def _stores(self, asked: Asked) -> frozenset[str] | None:
        """Those that are asked for; None is all."""
        if asked.store:
            return frozenset({asked.store})
        if asked.within is not None:
            return frozenset(asked.within)
        if asked.region:
            known = self._table.stores.values()
            return frozenset(each.store for each in known if each.region == asked.region)
        return None

    def _without_figures(self, days: Collection[str]) -> tuple[set[str], str | None]:
        if not days:
            return set(), None
        first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
        first_received = known_days.first_day(self._database, self._table.currency)
        received = known_days.with_receipts(self._database, first, last, self._table.currency)
        return received & set(days), first_received

    def _parts(
        self, totals: Mapping[str, DayTotals], stores: frozenset[str] | None, open_from: date
    ) -> tuple[dict[str, list[SplitRow]], Heat, int]:
        """Splits and heat map; and to how many days one has to narrow for all of them, or 0."""
        sums = self._months.summed(totals)
        if stores is None:
            heat = Heat()
            for day, each in totals.items():
                if date.fromisoformat(day) < open_from:
                    heat.take(date.fromisoformat(day), each.breakdowns.get("hour", {}))
            names = self._product_names(list(totals))
            return {name: self._rows(name, each, names) for name, each in sums.items()}, heat, 0
        some = {store: each for store, each in sums["store"].items() if store in stores}
        splits = {"store": self._rows("store", some, {})}
        if len(totals) * len(stores) > MAX_STORE_DAYS:
            return splits, Heat(), MAX_STORE_DAYS // len(stores)
        found = StoreSums()
        for day, figures in self._figures.store_days(totals, stores):
            at = date.fromisoformat(day)
            found.take(at, figures, at < open_from)
        splits["category"] = self._rows("category", found.categories, {})
        splits["product"] = self._rows("product", found.products, found.names)
        return splits, found.heat, 0

    def _product_names(self, days: list[str]) -> dict[str, str]:
        """What products were called, of some days over all of them; the newest name counts."""
        step = max(1, len(days) // NAMED_DAYS)
        # From the end, so that the last day is one of them.
        chain = self._figures.chain(sorted(days, reverse=True)[::step][:NAMED_DAYS])
        return {
            code: product.name
            for day in sorted(chain)
            for code, product in chain[day].products.items()
            if product.name
        }

    def _rows(
        self, split: str, sums: Mapping[str, Figures], names: Mapping[str, str]
    ) -> list[SplitRow]:
        def name(key: str) -> str:
            if split == "store" and key != OTHER:
                return self._table.store(key).title
            return names.get(key, "") or key

        return [SplitRow(key, name(key), amounts(each)) for key, each in ranked(sums, MOST_ROWS)]


def _good_until(_: Asked, held: tuple[DaysAnswer, float], now: float) -> float:
    return now + min(MOST_SHARED, max(LEAST_SHARED, SHARED_TIMES * held[1]))
