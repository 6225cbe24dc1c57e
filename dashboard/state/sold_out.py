"""Which products of which stores are perhaps sold out. Pure.

A product is when, since its last sale, so many were to be expected that no sale at all is
unlikely: of a Poisson count P(0) = exp(-expected) is below 1%. Receipts with the product are
counted, not its pieces: who buys four croissants is one chance to sell them. Expected is what the
store usually sells of it on such a weekday, spread over the store's open hours as the chain's
sales of the product are, from the last sale to the newest sale of the store; less where the store
sells less than usual today. A store that sells nothing has no product that is sold out.
"""

import heapq
import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from dashboard.state.product_hours import ALWAYS, Running, UsualHours, open_quarters, place, until
from tillstream.clock import BusinessDay
from tillstream.day_figures import ProductFigures
from tillstream.opening_hours import OpeningHours

#: Receipts of which none comes with this chance only.
UNLIKELY = 0.01
EXPECTED = -math.log(UNLIKELY)
#: Rows that are shown at most.
MOST = 200


class StoreUsual(NamedTuple):
    """What a store sells on such a weekday: receipts with each product, and the sum of them.

    Products that sell less than EXPECTED in a whole day may be left out.
    """

    products: Mapping[str, float]
    every: float


class StoreToday(NamedTuple):
    """What a store has sold of each product on a business day of its calendar."""

    store: str
    products: Mapping[str, ProductFigures]
    usual: StoreUsual
    calendar: BusinessDay
    opening: OpeningHours | None
    day: date


class Missing(NamedTuple):
    """A product that a store should have sold; what is counted is receipts."""

    store: str
    code: str
    #: Unix seconds; None where it has not sold today.
    last: float | None
    #: Sold today, usual by now, expected since the last sale.
    sold: float
    usual: float
    expected: float


class SoldOut(NamedTuple):
    """The rows, and how many there are; and of how many products of stores it could be said."""

    rows: list[Missing]
    number: int
    watched: int


def sold_out(stores: Iterable[StoreToday], hours: UsualHours, now: float) -> SoldOut:
    """At most MOST rows, what was expected most first."""
    found: list[Missing] = []
    number = watched = 0
    for store in stores:
        missing, of_store = _of_store(store, hours, now)
        number, watched = number + len(missing), watched + of_store
        found = heapq.nlargest(MOST, [*found, *missing], key=lambda each: each.expected)
    return SoldOut(found, number, watched)


def _of_store(store: StoreToday, hours: UsualHours, now: float) -> tuple[list[Missing], int]:
    newest = max((each.last for each in store.products.values()), default=0.0)
    end = place(store.calendar, store.day, min(newest, now))
    if not newest or not end:
        return [], 0
    open_at = (
        ALWAYS if store.opening is None else open_quarters(store.opening, store.calendar, store.day)
    )
    level = _level(store, hours.running("", open_at), end)
    found: list[Missing] = []
    watched = 0
    for code, receipts in store.usual.products.items():
        running = hours.running(code, open_at)
        if running[-1] <= 0 or receipts <= EXPECTED:
            continue
        by_now = until(running, end)
        rate = receipts * level / running[-1]
        if rate * by_now <= EXPECTED:
            continue
        watched += 1
        today = store.products.get(code)
        begun = until(running, place(store.calendar, store.day, today.last)) if today else 0.0
        if (expected := rate * (by_now - begun)) > EXPECTED:
            found.append(
                Missing(
                    store.store,
                    code,
                    today.last if today else None,
                    today.receipts if today else 0.0,
                    receipts * by_now / running[-1],
                    expected,
                )
            )
    return found, watched


def _level(store: StoreToday, running: Running, end: float) -> float:
    """How much of its usual a store sells today, at most all."""
    if running[-1] <= 0:
        return 1.0
    usual = store.usual.every * until(running, end) / running[-1]
    sold = sum(each.receipts for each in store.products.values())
    return min(1.0, max(0.0, sold / usual)) if usual > 0 else 1.0
