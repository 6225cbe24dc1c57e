"""The day of a region, of a category or of both, from the figures that the totals worker keeps.

No receipt is read. What is kept by store has no VAT, tenders or minutes: these are not told of a
region or a category, and the day's curve is spread evenly over its hours.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from itertools import accumulate

from cachetools import TTLCache

from dashboard.archive.store_sums import StoreSums
from dashboard.state import comparisons
from dashboard.state.filtered import Filter, FilteredDay
from dashboard.state.frames import Bar, ranked_bars
from dashboard.state.panels import Panels, Row, mean, mean_amount
from dashboard.state.sale_minutes import MINUTE, SaleMinutes, Sold
from dashboard.state.series import Point
from dashboard.state.store_days import Today
from tillstream.clock import BusinessDay, utc
from tillstream.currencies import exponent_of
from tillstream.day_figures import Figures, StoreFigures, by_category, by_hour, total
from tillstream.figures_reader import FiguresReader
from tillstream.money import MILLI, decimal_text
from tillstream.snapshots import CategoryTotal
from tillstream.stores import StoreTable
from tillstream.usual import hours_over

#: Kept figures are written about once a second: after so long all of an hour that is over is there.
WRITTEN_SECONDS = 5.0
#: Earlier days hardly change: they are looked at so often, seconds, of so many filters.
PAST_SECONDS = 10.0
MAX_FILTERS = 64

#: The figures of the stores of one calendar.
Part = tuple[BusinessDay, StoreFigures]


class KeptDays:
    """Answers from kept figures. Raises pymongo's errors."""

    def __init__(self, reader: FiguresReader, table: StoreTable) -> None:
        self._reader = reader
        self._sums = StoreSums(reader)
        self._table = table
        self._exponent = exponent_of(table.currency)
        self._past: TTLCache[Filter, comparisons.Past] = TTLCache(MAX_FILTERS, PAST_SECONDS)
        default = table.default
        self._one_calendar = all(_same(calendar, default) for calendar in table.exceptions.values())

    def find(self, chosen: Filter, today: Today, read_at: float) -> FilteredDay:
        """The figures under a filter without a store, as MongoDB has them at `read_at`."""
        parts = self._parts(chosen, chosen.day)
        # Of a region that has sold nothing it is known; of a day that nobody keeps it is not.
        kept = bool(parts or self._reader.days(chosen.day, chosen.day))
        stores = [each for _, each in parts]
        hours = by_hour(stores, chosen.category)
        return FilteredDay(
            day=chosen.day,
            store="",
            region=chosen.region,
            category=chosen.category,
            zone=today.zone.key,
            abbreviation=utc(read_at).astimezone(today.zone).tzname() or today.zone.key,
            starts=today.starts,
            source="kept",
            read_at=read_at,
            known=not chosen.region or chosen.region in self._table.regions(),
            values=_values(stores, hours, chosen.category, self._exponent) if kept else {},
            minutes=curve(
                [(each, by_hour([sold], chosen.category)) for each, sold in parts],
                date.fromisoformat(chosen.day),
                read_at,
            ),
            panels={"hours": _rows(hours)} | self._compared(chosen, parts, hours, read_at),
            bars=_bars(stores, self._exponent) if chosen.region else None,
        )

    def _compared(
        self, chosen: Filter, parts: list[Part], hours: Mapping[str, Figures], read_at: float
    ) -> Panels:
        """The panels of `comparisons.compared`, by the hours that are over on every clock of it."""
        day = date.fromisoformat(chosen.day)
        past = self._past.get(chosen)
        if past is None:
            past = self._past[chosen] = {
                each: by_hour((sold for _, sold in self._parts(chosen, each)), chosen.category)
                for each in comparisons.compared_days(day)
            }
        clocks = [self._table.default, *(calendar for calendar, _ in parts)]
        over = [hours_over(each, day, read_at - WRITTEN_SECONDS) for each in clocks]
        everywhere = [hour for hour in over[0] if all(hour in each for each in over)]
        return comparisons.compared(day, hours, past, everywhere)

    def _parts(self, chosen: Filter, day: str) -> list[Part]:
        """By calendar: hours are of the stores' own clocks."""
        if not chosen.region and self._one_calendar:
            stores: dict[str, list[str]] = {"": [""]}
        else:
            stores = defaultdict(list)
            for store in self._stores(chosen.region, day):
                calendar = self._table.calendar(store)
                stores[f"{calendar.zone.key}/{calendar.cutoff_hour}"].append(store)
        sums = {
            each: self._sums.of(day, f"{name}/{chosen.region}", each)
            for name, named in stores.items()
            for each in [tuple(named)]
        }
        return [
            (self._table.calendar(each[0]) if each[0] else self._table.default, found)
            for each, found in sums.items()
            if found is not None
        ]

    def _stores(self, region: str, day: str) -> Collection[str]:
        if not region:
            return self._reader.selling(day)
        return self._table.of_region(region)


def curve(
    parts: Collection[tuple[BusinessDay, Mapping[str, Figures]]], day: date, now: float
) -> list[Point]:
    """Minute, running cents and receipts of the day up to `now`; each hour's spread evenly over it.

    `parts` by hour of the clock of each calendar, whose business day is `day`.
    """
    sold: dict[int, Sold] = {}
    for calendar, hours in parts:
        whole = total(hours.values())
        if not whole.receipts:
            continue
        line = SaleMinutes(calendar.zone)
        line.begin(day, calendar)
        line.hours({hour: (each.gross_minor, each.receipts) for hour, each in hours.items()})
        line.count(now, (whole.gross_minor, whole.receipts))
        before = (0, 0)
        for minute, gross, receipts in line.points():
            known = sold.get(int(minute or 0), (0, 0))
            more = int(gross or 0) - before[0], int(receipts or 0) - before[1]
            sold[int(minute or 0)] = known[0] + more[0], known[1] + more[1]
            before = before[0] + more[0], before[1] + more[1]
    if not sold:
        return []
    minutes = range(min(sold), max(sold) + MINUTE, MINUTE)
    nothing: Sold = (0, 0)
    amounts = [sold.get(minute, nothing) for minute in minutes]
    running = accumulate(amounts, lambda one, more: (one[0] + more[0], one[1] + more[1]))
    return [(minute, *sums) for minute, sums in zip(minutes, running, strict=True)]


def _values(
    stores: list[StoreFigures], hours: Mapping[str, Figures], category: str, exponent: int
) -> dict[str, str | None]:
    named = any(category in each for store in stores for each in store.categories.values())
    if category and not named and any(store.other_categories for store in stores):
        # One of those that are only kept together.
        return {}
    whole = total(hours.values())
    return {
        "revenue": decimal_text(whole.gross_minor, exponent),
        "receipts": str(whole.receipts),
        "average-basket": mean_amount(whole.gross_minor, whole.receipts, exponent),
        "net-revenue": decimal_text(whole.net_minor, exponent),
        "units-per-basket": mean(whole.units_milli, whole.receipts, MILLI),
    }


def _rows(hours: Mapping[str, Figures]) -> list[Row]:
    return [
        (hour, each.gross_minor, each.receipts)
        for hour, each in sorted(hours.items())
        if each.receipts
    ]


def _bars(stores: list[StoreFigures], exponent: int) -> list[Bar]:
    totals = [
        CategoryTotal(
            name=name,
            revenue_minor=each.gross_minor,
            revenue=decimal_text(each.gross_minor, exponent),
            units_milli=each.units_milli,
        )
        for name, each in by_category(stores).items()
        if each.receipts
    ]
    return ranked_bars(totals, exponent)


def _same(one: BusinessDay, other: BusinessDay) -> bool:
    return (one.zone.key, one.cutoff_hour) == (other.zone.key, other.cutoff_hour)
