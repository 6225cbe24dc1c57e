"""Reads what is usual of products: of the chain by hour, of some stores by day, and what is new."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from pymongo import MongoClient

from dashboard.state.product_hours import UsualHours
from dashboard.state.product_rows import Mean
from dashboard.state.sold_out import EXPECTED, StoreUsual
from tillstream.archive import Document
from tillstream.clock import BusinessDay
from tillstream.day_figures import StoreFigures
from tillstream.figures_reader import FiguresReader
from tillstream.usual import usual_days

#: Stores whose documents are held at a time.
AT_A_TIME = 200
#: What the chain sold on none of so many days before is new.
NEW_DAYS = 28


class UsualOfStores(NamedTuple):
    """Of some stores on such a weekday; `days` on which any of them sold."""

    days: int
    #: By product, of a whole day and all these stores together.
    products: Mapping[str, Mean]
    names: Mapping[str, str]
    stores: Mapping[str, StoreUsual]


class UsualOfChain(NamedTuple):
    """The chain's figures of the days that are usual, and what it sold on the days before."""

    days: list[StoreFigures]
    hours: UsualHours
    names: Mapping[str, str]
    #: None where there is no day before.
    before: Collection[str] | None
    #: Every store that sold on one of these days.
    stores: list[str]


class UsualProducts:
    """Holds no document: each is read once for what is kept of it. Raises pymongo's errors."""

    def __init__(self, client: MongoClient[Document], database: str, currency: str) -> None:
        self._figures = FiguresReader(client[database], held_bytes=0, currency=currency)

    def chain(self, day: date, calendar: BusinessDay) -> UsualOfChain:
        """What is usual of the whole chain on a day of its calendar."""
        usual = usual_days(day)
        by_day = self._figures.chain(usual)
        days = [by_day[each] for each in usual if each in by_day]
        names: dict[str, str] = {}
        for figures in reversed(days):
            names |= {code: each.name for code, each in figures.products.items()}
        before = [(day - timedelta(days=back)).isoformat() for back in range(1, NEW_DAYS + 1)]
        totals = self._figures.totals(before)
        every = (each.breakdowns.get("product") for each in totals.values())
        sold = [products for products in every if products is not None]
        stores = {
            store
            for name, each in totals.items()
            if name in usual
            for store in each.breakdowns.get("store", {})
        }
        return UsualOfChain(
            days,
            UsualHours(days, calendar),
            names,
            {code for products in sold for code in products} if sold else None,
            sorted(stores),
        )

    def stores(self, day: date, stores: Collection[str]) -> UsualOfStores:
        """What is usual of some stores together and of each, on a day."""
        wanted = list(stores)
        sums: dict[str, list[int]] = {}
        names: dict[str, str] = {}
        found: dict[str, StoreUsual] = {}
        sold: set[str] = set()
        for begin in range(0, len(wanted), AT_A_TIME):
            some = wanted[begin : begin + AT_A_TIME]
            by_day = {each: self._figures.stores(each, some) for each in usual_days(day)}
            for store in some:
                days = {
                    each: stores[store]
                    for each, stores in by_day.items()
                    if store in stores and stores[store].hours
                }
                sold |= days.keys()
                found[store] = _fold(list(days.values()), sums, names)
        means = {
            code: Mean(gross / len(sold), units / len(sold))
            for code, (gross, units) in sums.items()
        }
        return UsualOfStores(len(sold), means, names, found)


def _fold(
    days: list[StoreFigures], sums: dict[str, list[int]], names: dict[str, str]
) -> StoreUsual:
    """Add the days of a store, the newest first, to the sums of all; what is usual of it."""
    receipts: dict[str, int] = {}
    every = 0
    for figures in days:
        every += figures.other_products.receipts
        for code, each in figures.products.items():
            known = sums.setdefault(code, [0, 0])
            known[0] += each.gross_minor
            known[1] += each.units_milli
            names.setdefault(code, each.name)
            receipts[code] = receipts.get(code, 0) + each.receipts
            every += each.receipts
    number = max(1, len(days))
    # What sells less can never be missed: of many stores it would be much to hold.
    often = {code: each / number for code, each in receipts.items() if each / number > EXPECTED}
    return StoreUsual(often, every / number)
