"""Figures of days as the totals worker keeps them, written for those who read them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo.database import Database

from tillstream import day_figures
from tillstream.day_figures import DayTotals, Figures, HourFigures, ProductFigures, StoreFigures

#: Hour -> category -> gross in cents; each line is a receipt of its own, and one piece.
Sold = Mapping[str, Mapping[str, int]]


def write_day(database: Database[dict[str, Any]], day: str, sold: Mapping[str, Sold]) -> None:
    """A day of which `sold` says what each store sold; products are named as the categories."""
    stores = {store: _store(hours) for store, hours in sold.items()}
    chain = StoreFigures()
    totals: dict[str, dict[str, Figures]] = {}
    for store, figures in stores.items():
        for hour, of_hour in figures.hours.items():
            day_figures.add(chain.hours.setdefault(hour, HourFigures()), of_hour)
            chain.hours[hour].returns_minor += of_hour.returns_minor
            for breakdown, key in (("day", ""), ("hour", hour), ("store", store)):
                _add(totals, breakdown, key, of_hour)
        for hour, categories in figures.categories.items():
            for name, line in categories.items():
                of_chain = chain.categories.setdefault(hour, {}).setdefault(name, Figures())
                day_figures.add(of_chain, line)
                of_product = chain.product_hours.setdefault(hour, {}).setdefault(name, Figures())
                day_figures.add(of_product, line)
                _add(totals, "category", name, line)
                _add(totals, "product", name, line)
        for name, product in figures.products.items():
            kept = chain.products.setdefault(name, ProductFigures(name=product.name))
            day_figures.add(kept, product)
            kept.last = max(kept.last, product.last)
    _write(database, day_figures.totals_id(day), day, None, DayTotals(totals))
    for store, figures in {"": chain, **stores}.items():
        _write(database, day_figures.store_id(day, store), day, store, figures)


def _add(totals: dict[str, dict[str, Figures]], name: str, key: str, figures: Figures) -> None:
    day_figures.add(totals.setdefault(name, {}).setdefault(key, Figures()), figures)


def _store(hours: Sold) -> StoreFigures:
    figures = StoreFigures()
    for hour, categories in hours.items():
        of_hour = figures.hours[hour] = HourFigures()
        for name, gross in categories.items():
            line = Figures(1, 1_000, gross, gross)
            day_figures.add(of_hour, line)
            of_hour.returns_minor += min(0, gross)
            figures.categories.setdefault(hour, {})[name] = line
            product = figures.products.setdefault(name, ProductFigures(name=name))
            day_figures.add(product, line)
    return figures


def _write(
    database: Database[dict[str, Any]],
    name: str,
    day: str,
    store: str | None,
    body: StoreFigures | DayTotals,
) -> None:
    document = {
        "day": day,
        "store": store,
        "body": day_figures.encode(body),
        "writtenAt": datetime.now(UTC),
        "ledger": "test",
    }
    database[day_figures.DAY_FIGURES].replace_one({"_id": name}, document, upsert=True)
