"""The page Stores: its sum is the chain's, zero stores stand first, and its grid is its alone."""

import contextlib
import csv
import time
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser
from pymongo import MongoClient

from tests.support.axe import serious
from tests.support.dashboards import (
    Dashboard,
    Workers,
    attribute,
    saved_workbook,
    viewing,
    wait_for_state,
    wait_for_truth,
)
from tests.support.day_figures import write_day
from tillstream.figures_reader import FiguresReader

DATABASE = "dashboard-stores"
GRAPH = "document.querySelector('#stores-map .js-plotly-plot, #stores-map.js-plotly-plot')"
#: Number, name, region, place, opening hours, cents of an hour today and usually.
STORES = (
    ("1", "Bastille", "Paris", "48.85,2.37", "Mo-Su 00:00-24:00", 50_000, 50_000),
    ("2", "Nation", "Paris", "48.84,2.39", "", 20_000, 50_000),
    ("3", "Bellecour", "Rhône", "45.76,4.83", "Mo-Su 00:00-24:00", None, 30_000),
    ("4", "Part-Dieu", "Rhône", "45.76,4.86", "", 65_000, 50_000),
    ("5", "Vieux Lyon", "Rhône", ",", "Mo-Su 02:00-03:00", None, 10_000),
    ("6", "Croix-Rousse", "Rhône", "45.77,4.82", "", 7_000, None),
)


def noon() -> tuple[str, date]:
    """A zone in which it is about noon, whenever the tests run, and its day."""
    ahead = (12 - time.gmtime().tm_hour + 12) % 24 - 12
    zone = f"Etc/GMT{-ahead:+d}"
    return zone, datetime.now(ZoneInfo(zone)).date()


@pytest.fixture(scope="module")
def dashboard(amqp_url: str, mongo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    zone, today = noon()
    file = tmp_path_factory.mktemp("stores") / "stores.csv"
    rows = [
        f'{number},{name},{region},{place},{zone},0,"{opening}"'
        for number, name, region, place, opening, *_ in STORES
    ]
    head = "storeID,name,region,latitude,longitude,zone,cutoffHour,openingHours"
    file.write_text("\n".join([head, *rows]) + "\n")
    own = Dashboard(
        AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE=DATABASE, STORES_FILE=str(file)
    )
    with (
        MongoClient[dict[str, Any]](mongo_url) as client,
        Workers(amqp_url),
        contextlib.closing(own),
    ):
        for week in range(5):
            sold = {
                store[0]: {hour: {"Pain": cents} for hour in ("08", "09")}
                for store in STORES
                if (cents := store[6] if week else store[5]) is not None
            }
            write_day(client[DATABASE], str(today - timedelta(weeks=week)), sold)
        yield own.start()
        client.drop_database(DATABASE)


def test_the_sum_of_the_grid_is_the_chains_and_zero_stores_stand_first(
    browser: Browser, dashboard: Dashboard, mongo_url: str
) -> None:
    _, today = noon()
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        kept = FiguresReader(client[DATABASE]).totals([str(today)])
    with viewing(browser, dashboard.url, path="stores", locale="en-GB") as page:
        page.wait_for_selector("#stores-grid .ag-row >> nth=5", timeout=30_000)
        wait_for_state(page, "stores-page", "live", 20)
        with page.expect_download() as download:
            page.click("#save-summary")
            page.click("#csv")
        saved = list(csv.reader(download.value.path().read_text("utf-8-sig").splitlines()))
        excel = saved_workbook(page)["Stores 2"]
        tiles = [
            attribute(page, f"stores-{name}", "value")
            for name in ("revenue", "deviation", "zero", "behind")
        ]

    deviation = excel[0].index("Deviation (EUR)")
    assert [-600, -600, -200, 0, 300, None] == [row[deviation] for row in excel[1:]]
    head = next(place for place, row in enumerate(saved) if row[:1] == ["Store"])
    rows = [dict(zip(saved[head], row, strict=True)) for row in saved[head + 1 :]]
    assert ["Bellecour", "Nation", "Vieux Lyon", "Bastille", "Part-Dieu", "Croix-Rousse"] == [
        row["Store"] for row in rows
    ]
    assert ["at zero", "open", "closed now", "open", "open", "no usual yet"] == [
        row["State"] for row in rows
    ]
    assert ["-600.00", "-600.00", "-200.00", "0.00", "300.00", ""] == [
        row["Deviation (EUR)"] for row in rows
    ]
    of_rows = sum(round(100 * float(row["Revenue so far (EUR)"])) for row in rows)
    assert kept[str(today)].breakdowns["day"][""].gross_minor == of_rows
    assert [f"{of_rows / 100:.2f}", "-1100.00", "1", "3"] == tiles


def test_region_and_search_stand_in_the_address_and_a_row_leads_to_its_store(
    browser: Browser, dashboard: Dashboard
) -> None:
    with viewing(browser, dashboard.url, path="stores?region=Paris", locale="en-GB") as page:
        page.wait_for_selector("#stores-grid .ag-row >> nth=1", timeout=30_000)
        by_region = page.locator("#stores-grid .ag-row a").all_inner_texts()
        page.fill("#stores-search", "bast")
        wait_for_truth(page, "document.querySelectorAll('#stores-grid .ag-row a').length === 1", 10)
        address = page.url.partition("?")[2]
        page.click("#stores-grid .ag-row [col-id=gross]")
        page.wait_for_selector("#store-page")
        opened = page.url

    assert ["Nation", "Bastille"] == by_region
    assert "region=Paris&search=bast" == address
    assert opened.endswith("/store?id=1")


def test_the_page_has_no_serious_barrier_in_either_theme_and_the_map_draws_each_place(
    browser: Browser, dashboard: Dashboard
) -> None:
    found = {}
    with viewing(browser, dashboard.url, path="stores", locale="fr-FR") as page:
        page.wait_for_selector("#stores-grid .ag-row >> nth=5", timeout=30_000)
        page.wait_for_selector("#stores-map .point >> nth=4", state="attached")
        for theme in ("dark", "light"):
            page.wait_for_selector(f'html[data-mantine-color-scheme="{theme}"]')
            for width in (390, 1440):
                page.set_viewport_size({"width": width, "height": 900})
                found[theme, width] = serious(page)
            page.click("#theme-toggle")
        drawn = page.locator("#stores-map .point").count()
        without = page.inner_text("#stores-map-until")

    assert [] == [each for each in found.items() if each[1]]
    assert 5 == drawn
    assert without == "1 magasin n'a pas de lieu"


def test_the_map_draws_the_coasts_and_borders_of_its_view_alone(
    browser: Browser, dashboard: Dashboard
) -> None:
    with viewing(browser, dashboard.url, path="stores") as page:
        page.wait_for_selector("#stores-map .point >> nth=4", state="attached")
        wait_for_truth(page, f"{GRAPH}.data[0].x.length > 20", 20)
        seen = page.evaluate(f"['xaxis', 'yaxis'].map((axis) => {GRAPH}._fullLayout[axis].range)")
        drawn = page.evaluate(f"['x', 'y'].map((axis) => {GRAPH}.data[0][axis])")

    for (low, high), values in zip(seen, drawn, strict=True):
        # With a margin, and to the end of a step that leaves it.
        margin = (high - low) / 4
        assert [] == [
            each for each in values if each and not low < each + margin < high + 2 * margin
        ]


def test_no_page_but_this_one_loads_the_grid_and_the_outlines(
    browser: Browser, dashboard: Dashboard
) -> None:
    loads = {}
    for path in ("", "operations", "stores"):
        with viewing(browser, dashboard.url, path=path) as page:
            wait_for_state(page, "status", "live", 20)
            if path == "stores":
                page.wait_for_selector("#stores-grid .ag-row", timeout=30_000)
                wait_for_truth(page, f"{GRAPH}.data[0].x.length", 20)
            loads[path] = page.evaluate(
                "['ag_grid', 'outlines.json'].map((part) =>"
                " performance.getEntriesByType('resource').some(({name}) => name.includes(part)))"
            )

    none, both = [False, False], [True, True]
    assert {"": none, "operations": none, "stores": both} == loads
