"""Reads what the morning's mail tells of a day; raises pymongo's errors."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from pymongo.database import Database

from alerts.looks import verify
from tillstream import alert_records as records
from tillstream.archive import Document
from tillstream.day_figures import DayTotals, Figures
from tillstream.figures_reader import FiguresReader
from tillstream.stores import StoreTable
from tillstream.usual import usual, usual_days

#: Stores at each end, products, and alerts that are named.
MOST_STORES, MOST_PRODUCTS, MOST_ALERTS = 5, 5, 20
QUERY_TIMEOUT_MS = 5_000
#: A whole day is compared as if it were one hour.
_WHOLE = "day"


class Compared(NamedTuple):
    """A figure, cents or receipts, and what is usual, if anything is."""

    value: float
    usual: float | None

    @property
    def percent(self) -> float | None:
        """How far it is from what is usual."""
        return 100 * (self.value / self.usual - 1) if self.usual else None


class Sold(NamedTuple):
    """A store or a product by its name."""

    name: str
    gross: Compared


class Morning(NamedTuple):
    """What there is to tell of a day."""

    day: date
    revenue: Compared
    receipts: Compared
    #: Cents.
    basket: Compared
    top: list[Sold]
    bottom: list[Sold]
    products: list[Sold]
    #: Number of alerts that began, and what the newest said, by language.
    alerts: int
    named: list[records.Texts]
    #: None where no proof was made.
    verified: bool | None


def read(database: Database[Document], table: StoreTable, day: date) -> Morning:
    """The day; a day without a receipt has zeros."""
    reader = FiguresReader(database, currency=table.currency)
    name, before = day.isoformat(), usual_days(day)
    totals = reader.totals([name, *before])
    today, past = totals.get(name), [totals[each] for each in before if each in totals]
    whole = _compared(today, past, "day", "")
    products = reader.chain([name]).get(name)
    stores = [
        Sold(table.store(each).title, _compared(today, past, "store", each)[0])
        for each in {*table.stores, *_keys([today, *past], "store")}
    ]
    # The same order whatever came first: by revenue, then by name.
    stores.sort(key=lambda each: (-each.gross.value, each.name))
    best = sorted(
        _keys([today], "product"), key=lambda each: -_figures(today, "product", each).gross_minor
    )
    sold = [
        Sold(
            products.products[each].name if products and each in products.products else each,
            _compared(today, past, "product", each)[0],
        )
        for each in best[:MOST_PRODUCTS]
    ]
    top = stores[:MOST_STORES]
    number, named = _alerts(database, table, day)
    proof = verify(database)
    revenue, receipts = whole
    return Morning(
        day,
        revenue,
        receipts,
        Compared(
            revenue.value / receipts.value if receipts.value else 0.0,
            revenue.usual / receipts.usual if revenue.usual and receipts.usual else None,
        ),
        top,
        stores[MOST_STORES:][-MOST_STORES:][::-1],
        sold,
        number,
        named,
        None if proof is None else proof.readings[""].well,
    )


def _alerts(
    database: Database[Document], table: StoreTable, day: date
) -> tuple[int, list[records.Texts]]:
    starts, ends = (table.default.starts(each) for each in (day, day + timedelta(days=1)))
    within = {"beganAt": {"$gte": starts, "$lt": ends}}
    alerts = database[records.ALERTS]
    number = alerts.count_documents(within, maxTimeMS=QUERY_TIMEOUT_MS)
    found = alerts.find(
        within,
        {"begins": 1},
        sort=[("beganAt", -1)],
        limit=MOST_ALERTS,
        max_time_ms=QUERY_TIMEOUT_MS,
    )
    return number, [each["begins"] for each in found]


def _compared(
    today: DayTotals | None, past: Iterable[DayTotals], breakdown: str, key: str
) -> tuple[Compared, Compared]:
    found = _figures(today, breakdown, key)
    days = [
        {_WHOLE: each.breakdowns[breakdown][key]}
        if key in each.breakdowns.get(breakdown, {})
        else {}
        for each in past
    ]
    gross, receipts = usual(days, [_WHOLE]) or (None, None)
    return Compared(found.gross_minor, gross), Compared(found.receipts, receipts)


def _figures(day: DayTotals | None, breakdown: str, key: str) -> Figures:
    return day.breakdowns.get(breakdown, {}).get(key, Figures()) if day else Figures()


def _keys(days: Iterable[DayTotals | None], breakdown: str) -> set[str]:
    return {key for day in days if day for key in day.breakdowns.get(breakdown, {})}
