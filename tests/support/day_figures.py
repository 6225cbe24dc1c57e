"""Figures of days as the totals worker keeps them, written for those who read them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo.database import Database

from tillstream import day_figures
from tillstream.archive import RECEIPTS
from tillstream.day_figures import DayTotals, Figures, HourFigures, ProductFigures, StoreFigures
from tillstream.stores import StoreTable

#: Hour -> category -> gross in cents; each line is a receipt of its own, and one piece.
Sold = Mapping[str, Mapping[str, int]]


def write_day(
    database: Database[dict[str, Any]],
    day: str,
    sold: Mapping[str, Sold],
    last: Mapping[str, float] | None = None,
) -> None:
    """A day of which `sold` says what each store sold; products are named as the categories.

    `last`: when a product was last sold, Unix seconds.
    """
    stores = {store: _store(hours, last or {}) for store, hours in sold.items()}
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


def _store(hours: Sold, last: Mapping[str, float]) -> StoreFigures:
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
            product.last = last.get(name, 0.0)
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


def keep_figures(database: Database[dict[str, Any]], table: StoreTable) -> None:
    """The figures of every day, counted from the receipts of MongoDB."""
    stores: dict[tuple[str, str], StoreFigures] = {}
    totals: dict[str, dict[str, dict[str, Figures]]] = {}
    for receipt in database[RECEIPTS].find():
        day, store = receipt["businessDay"], receipt["store"]
        sold_at = receipt["date"].replace(tzinfo=receipt["date"].tzinfo or UTC)
        hour = f"{sold_at.astimezone(table.calendar(store).zone):%H}"
        lines = receipt["lines"]
        whole = Figures(
            1, sum(_milli(each) for each in lines), receipt["grossMinor"], receipt["netMinor"]
        )
        of_day = totals.setdefault(day, {})
        for name, key in (("day", ""), ("hour", hour), ("store", store)):
            _add(of_day, name, key, whole)
        touched: dict[tuple[str, str], Figures] = {}
        for each in lines:
            line = Figures(0, _milli(each), each["grossMinor"], each["netMinor"])
            # A document of an old version has none.
            vat = f"{each.get('taxBasisPoints', 0) / 100:g}"
            keys = (
                ("category", each["category"]),
                ("product", each.get("product", "")),
                ("vat", vat),
            )
            for split in keys:
                day_figures.add(touched.setdefault(split, Figures(receipts=1)), line)
        for payment in receipt.get("payments", []):
            tender = Figures(0, 0, payment["amountMinor"], 0)
            day_figures.add(
                touched.setdefault(("tender", payment["mechanism"]), Figures(1)), tender
            )
        for (name, key), figures in touched.items():
            _add(of_day, name, key, figures)
        for of_store in ("", store):
            kept = stores.setdefault((day, of_store), StoreFigures())
            of_hour = kept.hours.setdefault(hour, HourFigures())
            day_figures.add(of_hour, whole)
            of_hour.returns_minor += min(0, whole.gross_minor)
            for (name, key), figures in touched.items():
                if name == "category":
                    categories = kept.categories.setdefault(hour, {})
                    day_figures.add(categories.setdefault(key, Figures()), figures)
                elif name == "product":
                    named = ProductFigures(name=f"Product {key}")
                    day_figures.add(kept.products.setdefault(key, named), figures)
    for day, breakdowns in totals.items():
        _write(database, day_figures.totals_id(day), day, None, DayTotals(breakdowns))
    for (day, store), figures_of_store in stores.items():
        _write(database, day_figures.store_id(day, store), day, store, figures_of_store)


def _milli(line: Mapping[str, Any]) -> int:
    return int(line["unitsMilli"])
