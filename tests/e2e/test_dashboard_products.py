"""The page Products: its figures are the sums of what is kept and of the receipts."""

import contextlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pymongo import MongoClient

from tests.support.axe import serious
from tests.support.dashboards import PARIS, Dashboard, Workers, attribute, viewing, wait_for_state
from tests.support.day_figures import write_day
from tests.support.waiting import wait_until
from tillstream.clock import BusinessDay
from tillstream.figures_reader import FiguresReader
from tillstream.usual import hours_over, usual_days

DATABASE = "dashboard-products"
#: Whenever the test runs, four hours of its business day are over and not all of it.
NOW = time.time()
CALENDAR = BusinessDay(PARIS, (datetime.fromtimestamp(NOW, PARIS).hour - 4) % 24)
DAY = CALENDAR.on(NOW)
HOURS = hours_over(CALENDAR, DAY, NOW)
PRODUCTS = ("Baguette", "Croissant", "Flan", "Quiche")
CATEGORIES = {"Baguette": "Bread", "Croissant": "Pastry", "Flan": "Pastry"}
STORES = """storeID,name,region
1,Bastille,Paris
2,Croix-Rousse,Rhône
"""


def day(scale: int, products: tuple[str, ...]) -> dict[str, dict[str, dict[str, int]]]:
    """Cents by store, hour and product, of the hours that are over."""
    return {
        store: {
            hour: {name: scale * (100 + 10 * place) for place, name in enumerate(products)}
            for hour in HOURS
        }
        for store in ("1", "2")
    }


@pytest.fixture(scope="module")
def client(mongo_url: str) -> Iterator[MongoClient[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as connected:
        database = connected[DATABASE]
        for back in usual_days(DAY):
            sold = day(2, (*PRODUCTS[:3], "Brioche"))
            for hour in HOURS:
                sold["1"][hour]["Croissant"] = 50
            write_day(database, back, sold)
        write_day(database, (DAY - timedelta(days=1)).isoformat(), day(1, PRODUCTS[:3]))
        write_day(database, DAY.isoformat(), day(1, PRODUCTS), dict.fromkeys(PRODUCTS, NOW - 60))
        database["receipts"].insert_many(
            {
                "_id": str(number),
                "store": str(1 + number % 2),
                "date": datetime.fromtimestamp(NOW - number, UTC),
                "businessDay": DAY.isoformat(),
                "grossMinor": 100 if number else -100,
                "lines": [
                    {"product": each, "category": CATEGORIES[each]}
                    for each in (PRODUCTS[:2] if number % 4 < 2 else PRODUCTS[2:3])
                ],
            }
            for number in range(41)
        )
        yield connected
        connected.drop_database(DATABASE)


@pytest.fixture(scope="module")
def dashboard(
    amqp_url: str,
    mongo_url: str,
    client: MongoClient[dict[str, Any]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Dashboard]:
    stores = tmp_path_factory.mktemp("stores") / "stores.csv"
    stores.write_text(STORES)
    own = Dashboard(
        AMQP_URL=amqp_url,
        MONGO_URL=mongo_url,
        MONGO_DATABASE=DATABASE,
        STORES_FILE=str(stores),
        BUSINESS_DAY_CUTOFF_HOUR=str(CALENDAR.cutoff_hour),
    )
    with Workers(amqp_url) as workers, contextlib.closing(own):
        workers.calendar = CALENDAR
        yield own.start()


def value(page: Page, table: str) -> list[Any]:
    found: list[Any] = json.loads(attribute(page, table, "value") or "[]")
    return found


def test_its_figures_are_the_sums_of_what_is_kept_and_of_the_receipts(
    browser: Browser, dashboard: Dashboard, client: MongoClient[dict[str, Any]]
) -> None:
    figures = FiguresReader(client[DATABASE])
    today = figures.chain([DAY.isoformat()])[DAY.isoformat()]
    before = figures.chain(usual_days(DAY))
    of_store = figures.stores(DAY.isoformat(), ["1"])["1"]
    with viewing(browser, dashboard.url, path="products", locale="en-GB") as page:
        wait_for_state(page, "products-page", "live", 20)
        wait_until(lambda: value(page, "products-pairs"), 10, "the pairs")
        rows = {row[0]: row for row in value(page, "products-top")}
        revenue = attribute(page, "products-revenue", "value")
        falling, rising = value(page, "products-fall"), value(page, "products-rise")
        new, pairs = value(page, "products-new"), value(page, "products-pairs")
        said = page.inner_text("#products-pairs-until")
        page.select_option("#products-store", "1")
        wait_until(lambda: attribute(page, "products-revenue", "value") != revenue, 10, "the store")
        of_one = {row[0]: row[2] for row in value(page, "products-top")}
        address = page.url.partition("?")[2]
        page.select_option("#products-store", "")
        page.wait_for_selector("#products-category option[value=Pastry]", state="attached")
        page.select_option("#products-category", "Pastry")
        wait_until(lambda: len(value(page, "products-top")) == 2, 10, "the category")
        pastry = {row[0]: row[2] for row in value(page, "products-top")}
        of_pastry = attribute(page, "products-revenue", "value")
        falling_pastry = value(page, "products-fall")

    expected = {code: each.gross_minor for code, each in today.products.items()}
    usual = {
        code: sum(
            each.product_hours[hour][code].gross_minor for each in before.values() for hour in HOURS
        )
        / 4
        for code in (*PRODUCTS[:3], "Brioche")
    }
    assert expected | {"Brioche": 0} == {code: row[2] for code, row in rows.items()}
    assert usual | {"Quiche": 0} == {code: row[7] for code, row in rows.items()}
    assert f"{sum(expected.values()) / 100:.2f}" == revenue
    assert ["Brioche", "Flan", "Baguette", "Croissant"] == falling
    assert ([], ["Quiche"]) == (rising, new)
    # Of 40 sales, 20 have both: by chance ten would.
    assert ([["Baguette", "Croissant", 20, 1, 2]], True) == (pairs, "newest 40 receipts" in said)
    assert {code: each.gross_minor for code, each in of_store.products.items()} == {
        code: gross for code, gross in of_one.items() if gross
    }
    assert "store=1" == address
    assert {code: expected[code] for code in ("Croissant", "Flan")} == pastry
    assert f"{sum(pastry.values()) / 100:.2f}" == of_pastry
    assert ["Flan", "Croissant"] == falling_pastry


def test_it_fits_every_width_without_a_serious_barrier(
    browser: Browser, dashboard: Dashboard
) -> None:
    wide, barriers = {}, {}
    with viewing(browser, dashboard.url, path="products?all=1", locale="fr-FR") as page:
        wait_for_state(page, "products-page", "live", 20)
        page.wait_for_selector("#products-plot .bars path", state="attached")
        for theme in ("dark", "light"):
            page.wait_for_selector(f'html[data-mantine-color-scheme="{theme}"]')
            for width in (390, 768, 1024, 1440, 1920):
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(200)
                wide[theme, width] = page.evaluate(
                    "document.documentElement.scrollWidth - innerWidth"
                )
                if width in {390, 1440}:
                    barriers[theme, width] = serious(page)
            page.click("#theme-toggle")

    assert dict.fromkeys(wide, 0) == wide
    assert [] == [found for found in barriers.items() if found[1]]
