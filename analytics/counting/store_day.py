"""The figures of a day and store while they are counted: bounded, whatever the receipts. Pure.

Only so many categories and products are named: those with the smallest digests of their names. A
name that has to go takes what comes later with it into `other`, so that neither the order of
receipts nor where a batch ends matters.
"""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from tillstream import day_figures
from tillstream.day_figures import (
    MAX_CATEGORIES,
    MAX_PRODUCTS,
    Figures,
    HourFigures,
    ProductFigures,
    StoreFigures,
)


class Limits(NamedTuple):
    """How many are named."""

    categories: int = MAX_CATEGORIES
    products: int = MAX_PRODUCTS


LIMITS = Limits()


class _Names:
    """The names that are kept: at most `most`, those with the smallest digests."""

    def __init__(self, names: Iterable[str], most: int) -> None:
        self._most = most
        self._names = set(names)
        self._greatest: tuple[bytes, str] | None = None

    def take(self, name: str) -> tuple[bool, str | None]:
        """Whether it is kept, and which one goes for it."""
        if name in self._names:
            return True, None
        if len(self._names) < self._most:
            self._names.add(name)
            self._greatest = None
            return True, None
        if self._greatest is None:
            self._greatest = max(map(_place, self._names), default=(b"", ""))
        if _place(name) >= self._greatest:
            return False, None
        gone = self._greatest[1]
        self._names.remove(gone)
        self._names.add(name)
        self._greatest = None
        return True, gone


@lru_cache(maxsize=16_384)
def _place(name: str) -> tuple[bytes, str]:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), name


class StoreDay:
    """StoreFigures that are added to in place; see `fold`."""

    def __init__(
        self, figures: StoreFigures | None = None, bound: int = 0, limits: Limits = LIMITS
    ) -> None:
        """`bound`: no sum of the magnitudes of its figures is above it."""
        self.figures = figures = StoreFigures() if figures is None else figures
        self.bound = bound
        self._categories = _Names(
            (name for hour in figures.categories.values() for name in hour), limits.categories
        )
        in_hours = (name for hour in figures.product_hours.values() for name in hour)
        self._products = _Names([*figures.products, *in_hours], limits.products)
        #: How many figures it has.
        self.cells = (
            len(figures.hours)
            + len(figures.products)
            + sum(map(len, figures.categories.values()))
            + sum(map(len, figures.product_hours.values()))
        )

    def tighten(self) -> None:
        """Set the bound to what it is now."""
        figures = self.figures
        self.bound = max(
            _magnitude(figures.hours.values()),
            sum(map(_magnitude, (hour.values() for hour in figures.categories.values())))
            + _magnitude(figures.other_categories.values()),
            _magnitude([*figures.products.values(), figures.other_products]),
            sum(map(_magnitude, (hour.values() for hour in figures.product_hours.values()))),
        )

    def hour(self, hour: str) -> HourFigures:
        """What is kept of an hour."""
        self.cells += 1
        found = self.figures.hours[hour] = HourFigures()
        return found

    def category(self, hour: str, name: str) -> Figures:
        """Where a category that this hour has not yet is added to."""
        figures = self.figures
        is_kept, gone = self._categories.take(name)
        if gone is not None:
            for each, of_hour in list(figures.categories.items()):
                if (evicted := of_hour.pop(gone, None)) is not None:
                    self.cells -= 1
                    day_figures.add(figures.other_categories.setdefault(each, Figures()), evicted)
                if not of_hour:
                    del figures.categories[each]
        if not is_kept:
            return figures.other_categories.setdefault(hour, Figures())
        self.cells += 1
        found = figures.categories.setdefault(hour, {})[name] = Figures()
        return found

    def product(self, code: str) -> ProductFigures | None:
        """Where a product that it has not yet is added to; None: to `other_products`."""
        is_kept, gone = self._products.take(code)
        if gone is not None:
            self.cells -= 1
            day_figures.add(self.figures.other_products, self.figures.products.pop(gone))
        if not is_kept:
            return None
        self.cells += 1
        found = self.figures.products[code] = ProductFigures()
        return found

    def product_of_hour(self, hour: str, code: str) -> Figures | None:
        """The same of an hour of the chain, for a StoreDay that has only that one.

        It names at least those of the hour that the chain's day names.
        """
        is_kept, gone = self._products.take(code)
        if gone is not None:
            self.cells -= 1
            del self.figures.product_hours[hour][gone]
        if not is_kept:
            return None
        self.cells += 1
        found = self.figures.product_hours.setdefault(hour, {})[code] = Figures()
        return found


def _magnitude(some: Iterable[Figures]) -> int:
    return sum(
        max(abs(each.receipts), abs(each.units_milli), abs(each.gross_minor), abs(each.net_minor))
        for each in some
    )
