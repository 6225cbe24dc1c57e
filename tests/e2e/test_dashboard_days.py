"""The page Days: its figures are the sums over receipts, to the cent, and its gaps have reasons."""

import csv
import json
import os
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from dashboard.state.day_spans import Span
from persistence.writer.entries import entry
from tests.support import day_figures
from tests.support.axe import serious
from tests.support.dashboards import (
    Dashboard,
    Workers,
    attribute,
    viewing,
    wait_for_state,
)
from tests.support.filled_archive import Kept
from tests.support.receipts import line, receipt, stamped
from tillstream import stores
from tillstream.clock import BusinessDay, utc
from tillstream.runtime.settings import StoreTimeSettings
from tillstream.stores import StoreTable

DATABASE = "dashboard-days"
WIDTHS = (390, 768, 1024, 1440, 1920)
TABLE = """storeID,name,region,zone
1,Odéon,Paris,
2,Bastille,Paris,
974,Saint-Denis,Réunion,Indian/Reunion
"""
#: Clocks are set back on the 26th.
FIRST, LAST = date(2025, 10, 20), date(2025, 11, 9)
SPAN = f"from={FIRST}&to={LAST}"
#: Nothing was sold on one of them; the other's figures are gone.
CLOSED, LOST = date(2025, 11, 1), date(2025, 11, 5)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StoreTable]:
    path = tmp_path_factory.mktemp("days") / "stores.csv"
    path.write_text(TABLE)
    return path, stores.load(StoreTimeSettings(stores_file=path))


@pytest.fixture(scope="module")
def kept(
    mongo_url: str, table: tuple[Path, StoreTable], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept]:
    """Receipts of three months, exported too, and the figures of all days but LOST."""
    kept = Kept(mongo_url, DATABASE, tmp_path_factory.mktemp("days-archive"))
    kept.database.receipts.create_index("businessDay")
    store(kept, table[1], FIRST, LAST)
    kept.export()
    # What the page shows first: the days before today.
    today = table[1].default.on(time.time())
    store(kept, table[1], today - timedelta(days=40), today)
    day_figures.keep_figures(kept.database, table[1])
    kept.database.day_figures.delete_many({"day": LOST.isoformat()})
    yield kept
    kept.client.drop_database(DATABASE)
    kept.client.close()


def store(kept: Kept, table: StoreTable, first: date, last: date) -> None:
    """Sales, returns, late receipts, the hour that comes twice, and a store that is 3 h ahead."""
    documents = []
    number = 0
    for day in Span(first, last).days():
        for store, hour in product((1, 2, 974), (2, 8, 12, 18, 23)):
            number += 1
            if day == CLOSED:
                continue
            cents = 500 + (number * 7919) % 4_001 - (9_000 if number % 41 == 0 else 0)
            sold = BusinessDay(table.calendar(store).zone, hour).starts(day)
            lines = [
                line(cents // 3, "Boisson") | {"productCode": "7", "taxPercentage": 10},
                line(cents - cents // 3, "Pain", 1 + number % 3),
            ]
            wall = f"{sold:%Y-%m-%d %H:%M:%S}"
            fields = receipt(number, cents=cents, storeID=store, lines=lines, date=wall)
            received = sold.timestamp() + (3 * 86_400 if number % 29 == 0 else 0.3)
            stored = {"storedAt": utc(received + 0.1)}
            documents.append(entry(stamped(fields, received), table).document() | stored)
    kept.database.receipts.insert_many(documents)


@pytest.fixture(scope="module")
def dashboard(
    amqp_url: str, mongo_url: str, kept: Kept, table: tuple[Path, StoreTable]
) -> Iterator[Dashboard]:
    own = Dashboard(
        AMQP_URL=amqp_url,
        MONGO_URL=mongo_url,
        MONGO_DATABASE=DATABASE,
        STORES_FILE=str(table[0]),
    )
    with Workers(amqp_url):
        yield own.start()
        own.close()


def asked(dashboard: Dashboard, query: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{dashboard.url}days/state?{query}", timeout=10).json()
    return found


def summed(kept: Kept, by: str, source: str = "receipts", where: str = "true") -> dict[str, Any]:
    """Gross, net and receipts by an expression, of the days but LOST, as SQL has them."""
    rows = kept.ask(
        f"SELECT CAST({by} AS VARCHAR), sum(gross), sum(net), count(DISTINCT key)"  # noqa: S608 - of this test
        f" FROM {source} WHERE businessDay BETWEEN '{FIRST}' AND '{LAST}'"
        f" AND businessDay <> '{LOST}' AND {where} GROUP BY 1"
    )
    return {
        str(key): (Decimal(str(gross)), Decimal(str(net)), receipts)
        for key, gross, net, receipts in rows
    }


def shown(amounts: list[int]) -> tuple[Decimal, Decimal, int]:
    gross, net, receipts, _ = amounts
    return Decimal(gross) / 100, Decimal(net) / 100, receipts


def test_days_weeks_and_months_are_what_sql_sums_to_the_cent(
    dashboard: Dashboard, kept: Kept
) -> None:
    forms = {
        "day": "businessDay",
        "week": "strftime(businessDay, '%G-W%V')",
        "month": "strftime(businessDay, '%Y-%m')",
    }
    found = {
        by: {key: shown(amounts) for key, _, _, _, sold, amounts in answer["groups"] if sold}
        for by in forms
        for answer in [asked(dashboard, f"{SPAN}&by={by}")]
    }

    assert {by: summed(kept, form) for by, form in forms.items()} == found


def test_splits_are_what_sql_sums_also_of_a_store_in_another_zone(
    dashboard: Dashboard, kept: Kept
) -> None:
    whole, reunion, paris = (
        {
            split: {key: shown(amounts) for key, _, amounts in rows}
            for split, rows in asked(dashboard, f"{SPAN}{more}")["splits"].items()
        }
        for more in ("", "&store=974", "&region=Paris")
    )

    assert summed(kept, "store") == whole["store"]
    assert summed(kept, "category", "lines") == whole["category"]
    assert summed(kept, "product", "lines") == whole["product"]
    assert summed(kept, "category", "lines", "store = '974'") == reunion["category"]
    assert summed(kept, "product", "lines", "store <> '974'") == paris["product"]
    assert summed(kept, "store", where="store <> '974'") == paris["store"]
    assert {"category", "store", "product"} == reunion.keys()


@pytest.mark.parametrize("store", ["", "974"])
def test_the_heat_map_adds_up_hours_of_the_stores_own_clock(
    dashboard: Dashboard, kept: Kept, store: str
) -> None:
    hour = "lpad(((epoch(date)::BIGINT + utcOffsetSeconds) % 86400 // 3600)::VARCHAR, 2, '0')"
    by = f"(isodow(businessDay) - 1)::VARCHAR || ' ' || {hour}"
    where = f"store = '{store}'" if store else "true"

    found = asked(dashboard, f"{SPAN}&store={store}")["heat"]

    expected = {key: gross for key, (gross, _, _) in summed(kept, by, where=where).items()}
    assert expected == {f"{day} {at}": Decimal(gross) / 100 for day, at, gross, _ in found}


def test_a_day_without_figures_is_a_gap_with_its_reason(dashboard: Dashboard) -> None:
    before = FIRST - timedelta(days=3)
    states = {
        key: (state, sold)
        for key, _, _, state, sold, _ in asked(dashboard, f"from={before}&to={LAST}")["groups"]
    }

    assert ("unknown", 0) == states[before.isoformat()]
    assert ("none", 0) == states[CLOSED.isoformat()]
    assert ("missing", 0) == states[LOST.isoformat()]
    assert ("whole", 1) == states["2025-10-26"]


@pytest.mark.parametrize(
    "query", ["from=2026-02-30&to=2026-03-01", "from=2026-03-02&to=2026-03-01", "by=hour"]
)
def test_what_is_no_range_gets_the_reason(dashboard: Dashboard, query: str) -> None:
    answer = httpx.get(f"{dashboard.url}days/state?{query}", timeout=10)

    assert (400, True) == (answer.status_code, bool(answer.json()["problem"]))


def test_the_page_shows_its_answer_and_a_bar_leads_to_its_days(
    browser: Browser, dashboard: Dashboard, kept: Kept
) -> None:
    path = f"days?{SPAN}&by=month&figure=receipts"
    with viewing(browser, dashboard.url, path=path, locale="en-GB") as page:
        wait_for_state(page, "days-page", "live", 20)
        page.wait_for_selector("#days-plot .bars path", state="attached")
        figures = [
            attribute(page, f"days-{name}", "value") for name in ("gross", "receipts", "basket")
        ]
        bars = json.loads(attribute(page, "days-plot-drawing", "value"))
        rows = page.locator("#days-all-rows tr").count()
        said = page.inner_text("#days-message")
        parts = page.locator("#days-running-rows tr:first-child .name").evaluate(
            "cell => [...cell.childNodes].map(part => part.textContent)"
        )
        with page.expect_download() as download:
            page.click("#save-summary")
            page.click("#csv")
        saved = list(csv.reader(download.value.path().read_text("utf-8-sig").splitlines()))
        page.click("#days-all-rows tr:nth-child(2) a")
        page.wait_for_selector('#days-page[data-state="live"]')
        page.wait_for_selector("#days-all-rows a[href='/replay/2025-11-01']")
        narrowed = page.url.partition("?")[2]

    assert "Month · on last month" == parts[0]
    assert " ".join(parts) in [row[0] for row in saved if row]
    gross, _, receipts = (
        sum(column) for column in zip(*summed(kept, "store").values(), strict=True)
    )
    by_month = summed(kept, "strftime(businessDay, '%Y-%m')")
    basket = (gross / receipts).quantize(Decimal("0.01"))
    assert [f"{gross:.2f}", str(receipts), str(basket)] == figures
    assert [by_month[month][2] for month in sorted(by_month)] == bars
    assert (3, True) == (rows, "1 days have receipts, but no figures" in said)
    assert {"from=2025-11-01", "to=2025-11-09", "figure=receipts"} == set(narrowed.split("&"))


def test_the_page_fits_every_width_and_has_no_serious_barrier_in_either_theme(
    browser: Browser, dashboard: Dashboard
) -> None:
    wide, barriers = {}, {}
    with viewing(browser, dashboard.url, path="days", locale="fr-FR") as page:
        wait_for_state(page, "days-page", "live", 20)
        page.wait_for_selector("#days-plot .bars path", state="attached")
        for theme, widths in (("dark", WIDTHS), ("light", (1440, 390))):
            page.wait_for_selector(f'html[data-mantine-color-scheme="{theme}"]')
            for width in widths:
                page.set_viewport_size({"width": width, "height": 900})
                # A plot takes its new size some time after its window.
                page.wait_for_timeout(400)
                wide[theme, width] = page.evaluate(
                    "document.documentElement.scrollWidth - innerWidth"
                )
                if width in {390, 1440}:
                    picture(page, f"days-{width}-{theme}")
                if (theme, width) in {("dark", 1440), ("light", 390)}:
                    barriers[theme, width] = serious(page)
            page.click("#theme-toggle")

    assert dict.fromkeys(wide, 0) == wide
    assert [] == [found for found in barriers.items() if found[1]]


def picture(page: Page, name: str) -> None:
    """For its maker's eyes, where DAYS_PICTURES names a folder."""
    if folder := os.environ.get("DAYS_PICTURES"):
        page.wait_for_timeout(1200)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
