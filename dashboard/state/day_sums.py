"""Sums of the kept figures of many days: of breakdowns by month, of stores by hour. Pure."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from cachetools import LRUCache

from tillstream.day_figures import DayTotals, Figures, StoreFigures, add, total

#: What is split: the breakdowns that are added up over days.
SPLITS = ("category", "store", "vat", "tender", "product")
#: What stands for all that is not named.
OTHER = "*"

#: Key -> figures.
Sums = dict[str, Figures]

#: Parts of months that are held: two years, and what begins and ends within one.
_MONTHS = 30


class MonthSums:
    """Adds up the breakdowns of days, those of a month once until a day of it changes.

    A year of a large chain is half a million figures, which take half a second. Safe to call
    from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: By first and last day: the days' totals, by which they are known, and their sums.
        self._held: LRUCache[tuple[str, str], tuple[Sequence[DayTotals], dict[str, Sums]]] = (
            LRUCache(_MONTHS)
        )

    def summed(self, totals: Mapping[str, DayTotals]) -> dict[str, Sums]:
        """The sums of each of SPLITS by key; `totals` by day. Nobody changes what they return."""
        months: dict[str, list[str]] = {}
        for day in sorted(totals):
            months.setdefault(day[:7], []).append(day)
        with self._lock:
            parts = [self._month([totals[day] for day in days], days) for days in months.values()]
        return parts[0] if len(parts) == 1 else added(parts)

    def _month(self, totals: list[DayTotals], days: list[str]) -> dict[str, Sums]:
        key = days[0], days[-1]
        held = self._held.get(key)
        # The same object is the same version: the reader of figures makes a new one for each.
        if held and len(held[0]) == len(totals) and all(map(_same, held[0], totals)):
            return held[1]
        sums = added([each.breakdowns for each in totals])
        self._held[key] = totals, sums
        return sums


def added(parts: Iterable[Mapping[str, Mapping[str, Figures]]]) -> dict[str, Sums]:
    """The sums of SPLITS over several breakdowns."""
    sums: dict[str, Sums] = {name: {} for name in SPLITS}
    for part in parts:
        for name, into in sums.items():
            for key, figures in part.get(name, {}).items():
                if (known := into.get(key)) is None:
                    known = into[key] = Figures()
                add(known, figures)
    return sums


def of_day(stores: frozenset[str] | None) -> Callable[[DayTotals], Figures]:
    """Tells the whole figures of a day: of the chain, or of some of its stores together."""
    if stores is None:
        return lambda totals: totals.breakdowns.get("day", {}).get("", Figures())

    def some(totals: DayTotals) -> Figures:
        by_store = totals.breakdowns.get("store", {})
        return total(by_store[store] for store in stores if store in by_store)

    return some


class Heat:
    """Gross by weekday (0 is Monday) and hour, and of how many days each weekday has a receipt."""

    def __init__(self) -> None:
        self._gross: dict[tuple[int, str], int] = {}
        self._days: dict[int, set[date]] = {}

    def take(self, day: date, hours: Mapping[str, Figures]) -> None:
        """Add hours of a day; a day may come in several parts."""
        weekday = day.weekday()
        for hour, figures in hours.items():
            if figures.receipts:
                self._days.setdefault(weekday, set()).add(day)
            self._gross[weekday, hour] = self._gross.get((weekday, hour), 0) + figures.gross_minor

    def cells(self) -> list[tuple[int, str, int, int]]:
        """Weekday, hour, the exact sum in cents, and the number of days to divide it by."""
        return sorted(
            (weekday, hour, gross, len(self._days[weekday]))
            for (weekday, hour), gross in self._gross.items()
            if weekday in self._days
        )


class StoreSums:
    """Categories, products and hours of some stores over some days."""

    def __init__(self) -> None:
        self.categories: Sums = {}
        self.products: Sums = {}
        self.names: dict[str, str] = {}
        self.heat = Heat()

    def take(self, day: date, figures: StoreFigures, over: bool) -> None:
        """Add a store's day; one that is not over has no part in the mean of an hour."""
        if over:
            self.heat.take(day, figures.hours)
        for named in figures.categories.values():
            for name, line in named.items():
                add(self.categories.setdefault(name, Figures()), line)
        for line in figures.other_categories.values():
            add(self.categories.setdefault(OTHER, Figures()), line)
        for code, product in figures.products.items():
            add(self.products.setdefault(code, Figures()), product)
            self.names[code] = product.name or self.names.get(code, "")
        if figures.other_products.receipts:
            add(self.products.setdefault(OTHER, Figures()), figures.other_products)


def ranked(sums: Mapping[str, Figures], most: int) -> list[tuple[str, Figures]]:
    """The largest by gross, and the rest together as OTHER."""
    # Of equals the one that comes first in the alphabet; what has no name last, added to the rest.
    named = [item for item in sums.items() if item[0] != OTHER]
    named.sort(key=lambda item: (-item[1].gross_minor, item[0]))
    rest = total([figures for _, figures in named[most:]] + [sums.get(OTHER, Figures())])
    return named[:most] + ([(OTHER, rest)] if rest != Figures() else [])


def _same(one: object, other: object) -> bool:
    return one is other
