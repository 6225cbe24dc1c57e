"""A large chain's kept figures, and some stores' receipts, as MongoDB would have them."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bson import Int64
from pymongo.database import Database

from tillstream import day_figures
from tillstream.archive import RECEIPTS
from tillstream.day_figures import DayTotals, Figures, HourFigures, ProductFigures, StoreFigures

Documents = Database[dict[str, Any]]

CATEGORIES = tuple(f"Category {number}" for number in range(15))
HOURS = tuple(f"{hour:02d}" for hour in range(6, 22))
PRODUCTS, CHAIN_PRODUCTS = 100, 1_500
#: Different stores; the others sell the same as one of them.
KINDS = 20


def fill_figures(database: Documents, days: list[date], stores: list[str]) -> None:
    """The documents of `day_figures` of these days."""
    luck = random.Random(25)
    bodies = [day_figures.encode(_store(luck, PRODUCTS)) for _ in range(KINDS)]
    chain = _store(luck, CHAIN_PRODUCTS)
    for hour in HOURS:
        chain.product_hours[hour] = {name: _figures(luck) for name in chain.products}
    of_chain = day_figures.encode(chain)
    figures = database[day_figures.DAY_FIGURES]
    for day in map(date.isoformat, days):
        by_store = {store: _figures(luck) for store in stores}
        breakdowns = {
            "day": {"": day_figures.total(chain.hours.values())},
            "store": by_store,
            "hour": {hour: Figures(*_plain(each)) for hour, each in chain.hours.items()},
        }
        totals = day_figures.encode(DayTotals(breakdowns))
        figures.insert_one(_document(day_figures.totals_id(day), day, None, totals))
        figures.insert_one(_document(day_figures.store_id(day, ""), day, "", of_chain))
        figures.insert_many(
            _document(day_figures.store_id(day, store), day, store, bodies[place % KINDS])
            for place, store in enumerate(stores)
        )


def sell(database: Documents, day: date, stores: list[str]) -> None:
    """Write the chain and these stores of a day anew, as the worker does after a second's sales."""
    at = datetime.now(UTC)
    names = [day_figures.store_id(day.isoformat(), store) for store in ("", *stores)]
    database[day_figures.DAY_FIGURES].update_many(
        {"_id": {"$in": names}}, {"$set": {"writtenAt": at}}
    )


def fill_receipts(database: Documents, store: str, day: date, number: int, until: datetime) -> None:
    """A store's receipts of a day up to an instant, and the index that finds them."""
    receipts = database[RECEIPTS]
    receipts.create_index([("store", 1), ("date", 1)])
    receipts.insert_many(_receipts(store, day, number, until))


def _receipts(store: str, day: date, number: int, until: datetime) -> Iterator[dict[str, Any]]:
    luck = random.Random(number)
    for place in range(number):
        sold_at = until - timedelta(seconds=luck.randrange(5 * 3600))
        lines: list[dict[str, Any]] = [
            {
                "category": luck.choice(CATEGORIES),
                "grossMinor": Int64(gross),
                "netMinor": Int64(gross * 10 // 11),
                "unitsMilli": Int64(1000),
                "taxBasisPoints": Int64(1000),
            }
            for gross in (luck.randrange(90, 1_500) for _ in range(luck.randrange(1, 6)))
        ]
        gross, net = (sum(line[name] for line in lines) for name in ("grossMinor", "netMinor"))
        yield {
            "_id": f"{store}/{place % 4}/{place}/{day}",
            "store": store,
            "till": str(place % 4),
            "number": str(place),
            "businessDay": day.isoformat(),
            "date": sold_at,
            "receivedAt": sold_at,
            "storedAt": sold_at + timedelta(milliseconds=20),
            "grossMinor": Int64(gross),
            "netMinor": Int64(net),
            "lines": lines,
            "payments": [{"mechanism": "CB", "amountMinor": Int64(gross)}],
        }


def _store(luck: random.Random, products: int) -> StoreFigures:
    figures = StoreFigures()
    for hour in HOURS:
        of_hour = figures.hours[hour] = HourFigures()
        for name in CATEGORIES:
            line = figures.categories.setdefault(hour, {})[name] = _figures(luck)
            day_figures.add(of_hour, line)
    for code in range(products):
        name = f"{code:05d}"
        figures.products[name] = ProductFigures(
            *_plain(_figures(luck)), 1_795_000_000.5, f"Product {code}"
        )
    return figures


def _figures(luck: random.Random) -> Figures:
    gross = luck.randrange(1_000, 90_000)
    return Figures(luck.randrange(1, 60), 1_000 * luck.randrange(1, 90), gross, gross * 10 // 11)


def _plain(figures: Figures) -> tuple[int, int, int, int]:
    return figures.receipts, figures.units_milli, figures.gross_minor, figures.net_minor


def _document(name: str, day: str, store: str | None, body: bytes) -> dict[str, Any]:
    return {
        "_id": name,
        "day": day,
        "store": store,
        "body": body,
        "writtenAt": datetime.now(UTC),
        "ledger": "bench",
    }
