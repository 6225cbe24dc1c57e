"""The pages beside the live one, as their readers see them: operations, a store, a receipt."""

import csv
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson import Int64
from playwright.sync_api import Browser
from pymongo import MongoClient

from dashboard.archive.store_day import pipeline
from dashboard.pages.addresses import receipt_path
from dashboard.state.filtered import Filter
from persistence.schema import DAY_INDEX, STORE_INDEX
from tests.support.axe import serious
from tests.support.dashboards import (
    PARIS,
    Dashboard,
    Workers,
    attribute,
    changed_at,
    saved_workbook,
    viewing,
    wait_for_state,
    watch_for,
)
from tests.support.receipts import decoded, line, receipt, stamped
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.clock import BusinessDay, utc
from tillstream.receipt import receipt_key

DATABASE = "dashboard-pages"
REUNION = ZoneInfo("Indian/Reunion")


@pytest.fixture(scope="module")
def workers(amqp_url: str) -> Iterator[Workers]:
    with Workers(amqp_url) as publishing:
        yield publishing


@pytest.fixture(scope="module")
def dashboard(
    workers: Workers, amqp_url: str, mongo_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    stores = tmp_path_factory.mktemp("dashboard") / "stores.csv"
    stores.write_text("storeID,zone,cutoffHour\n974,Indian/Reunion,0\n")
    own = Dashboard(
        AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE=DATABASE, STORES_FILE=str(stores)
    )
    yield own.start()
    own.close()
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client.drop_database(DATABASE)


@pytest.fixture(scope="module")
def sold_at(mongo_url: str) -> str:
    """Two receipts and a return of the store `Lyon/4`, one receipt of it a week ago, and one of
    another; when those of today were sold."""
    now = time.time()
    wall = datetime.fromtimestamp(now, PARIS).strftime("%Y-%m-%d %H:%M:%S")
    lyon: dict[str, Any] = {"storeID": "Lyon/4", "date": wall}
    receipts = [
        receipt(1, cents=600, **lyon),
        receipt(2, cents=590, lines=[line(590, "Boisson")], **lyon),
        receipt(3, cents=-150, **lyon),
        receipt(1, cents=99_900, storeID=5, date=wall),
    ]
    a_week_ago = now - 7 * 86_400
    before = datetime.fromtimestamp(a_week_ago, PARIS).strftime("%Y-%m-%d %H:%M:%S")
    earlier = receipt(4, cents=4_200, storeID="Lyon/4", date=before)
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client[DATABASE]["receipts"].insert_many(
            [*(archived(fields, now) for fields in receipts), archived(earlier, a_week_ago)]
        )
    return wall


def archived(fields: dict[str, Any], sold: float, zone: ZoneInfo = PARIS) -> dict[str, Any]:
    """The receipt as the archive lays it out (docs/decisions/0005-archive-documents.md)."""
    read = decoded(fields)
    return {
        "_id": receipt_key(read),
        "store": str(read.store_id),
        "till": str(read.terminal_id),
        "number": str(read.cash_receipt_id),
        "date": utc(sold),
        "businessDay": BusinessDay(zone).on(sold).isoformat(),
        "receivedAt": utc(sold + 0.25),
        "storedAt": utc(sold + 0.75),
        "grossMinor": Int64(round(read.document_total.gross_total * 100)),
        "netMinor": Int64(round(read.document_total.net_total * 100)),
        "lines": [
            {
                "category": each.product_category_name,
                "unitsMilli": Int64(round(each.quantity * 1000)),
                "taxBasisPoints": Int64(round(each.tax_percentage * 100)),
                "grossMinor": Int64(round(each.settlement_amount * 100)),
                "netMinor": Int64(round(each.credit_amount * 100)),
            }
            for each in read.lines
        ],
        "payments": [
            {
                "mechanism": each.payment_mechanism,
                "amountMinor": Int64(round(each.settlement_amount * 100)),
            }
            for each in read.settlements
        ],
        "raw": stamped(fields, sold + 0.25).decode(),
    }


#: How high the header is without what narrows the live page: 52 px are one line.
HEADER_LINE = """() => {
  const header = document.querySelector(".header");
  const parts = [...header.children].filter((each) => !each.matches(".narrowing"));
  const { top } = header.getBoundingClientRect();
  return Math.max(...parts.map((each) => each.getBoundingClientRect().bottom)) - top + 6;
}"""
#: What is wider than its screen or its card, ways that are out of sight, and cards that are mostly
#: empty beside a longer one.
OUTSIDE = """() => {
  const wrong = [];
  if (document.documentElement.scrollWidth > innerWidth)
    wrong.push(`page ${document.documentElement.scrollWidth}`);
  for (const way of document.querySelectorAll(".header .way")) {
    const { left, right } = way.getBoundingClientRect();
    if (left < 0 || right > innerWidth) wrong.push(way.href);
  }
  for (const table of document.querySelectorAll("table.rows")) {
    const card = table.closest(".card");
    const scrolls = getComputedStyle(card).overflowX === "auto";
    const [inner, outer] = [table, card].map((each) => each.getBoundingClientRect());
    if (!scrolls && inner.right > outer.right) wrong.push(`${table.id} ${inner.right}`);
    if (table.id.startsWith("store-") && outer.bottom - inner.bottom > inner.height)
      wrong.push(`${table.id} empty`);
  }
  return wrong;
}"""


def test_the_operations_page_tells_what_needs_a_look(
    browser: Browser, dashboard: Dashboard
) -> None:
    with viewing(browser, dashboard.url, path="operations", locale="en-GB") as page:
        wait_for_state(page, "status", "live", 20)
        page.wait_for_selector("#gaps-rows th")
        figures = {
            name: attribute(page, name, "value")
            for name in ("duplicates", "conflicts", "undecodable", "missing-receipts")
        }
        closed, gap = page.inner_text("#closed-rows"), page.inner_text("#gaps-rows tr")
        workers = {
            attribute(page, f"feed-{feed}", "state") for feed in ("count", "metrics-db", "tills")
        }

    assert {
        "duplicates": "5",
        "conflicts": "1",
        "undecodable": "2",
        "missing-receipts": "3",
    } == figures
    assert (
        ["20 Nov 2026", "€999.00", "80", "2", "€11.90"],
        ["7 · 1", "501\u2013503"],
        {"live"},
    ) == (
        closed.split("\t"),
        gap.split("\t")[:2],
        workers,
    )


def test_a_stores_page_shows_its_own_receipts_only(
    browser: Browser, dashboard: Dashboard, sold_at: str
) -> None:
    with viewing(browser, dashboard.url, path="store/Lyon%2F4", locale="en-GB") as page:
        wait_for_state(page, "store-page", "live", 20)
        shown = {
            name: attribute(page, f"store-{name}", "value")
            for name in ("revenue", "receipts", "basket", "returns", "net", "delay")
        }
        rows = {
            name: page.inner_text(f"#store-{name}-rows").split("\t")
            for name in ("hours", "vat", "tenders")
        }
        bars = "(document.querySelector('#hours-plot .js-plotly-plot') || {data: []})"
        wait_until(
            lambda: page.evaluate(f"{bars}.data.map(each => each.y.at(-1))") == [10.4, 42],
            20,
            "today's hour over last week's",
        )
        categories = page.locator("#store-categories tbody th").all_inner_texts()
        page.click("#store-latest a >> nth=0")
        page.wait_for_selector("#slip")
        opened = attribute(page, "slip", "key")

    assert {
        "revenue": "10.40",
        "receipts": "3",
        "basket": "3.47",
        "returns": "-1.50",
        "net": "10.40",
        "delay": "500",
    } == shown
    assert {
        "hours": [sold_at[11:13], "€10.40", "€42.00"],
        "vat": ["0%", "€10.40", "€0.00"],
        "tenders": ["CB", "€10.40", "100%"],
    } == rows
    assert ["Boisson", "Pain"] == categories
    assert opened in {f"{sold_at}/Lyon%2F4/1/{number}" for number in (1, 2, 3)}


def test_a_store_with_a_calendar_of_its_own_shows_its_own_day_and_names_its_zone(
    browser: Browser, dashboard: Dashboard, mongo_url: str
) -> None:
    now = time.time()
    there = datetime.fromtimestamp(now, REUNION)
    sold = receipt(1, cents=700, storeID=974, date=f"{there:%Y-%m-%d %H:%M:%S}")
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client[DATABASE]["receipts"].insert_one(archived(sold, now, REUNION))
    with viewing(browser, dashboard.url, path="store/974", locale="en-GB") as page:
        wait_for_state(page, "status", "live", 20)
        page.wait_for_selector('#data-time-long:has-text("Indian/Reunion")')
        shown = (
            attribute(page, "store-revenue", "value"),
            page.inner_text("#store-hours tbody th"),
            page.inner_text("#store-last"),
            page.inner_text("#data-time").rpartition(" ")[2],
            attribute(page, "data-time-long", "value"),
        )

    assert ("7.00", f"{there:%H}", f"{there:%H:%M:%S}", "+04", f"{there:%Y-%m-%d}") == shown


def test_a_receipt_stands_at_its_own_address_and_tells_its_life(
    browser: Browser, dashboard: Dashboard, sold_at: str
) -> None:
    key = f"Lyon%2F4/1/1/{sold_at}"
    with viewing(browser, dashboard.url, path=receipt_path(key)[1:], locale="fr-FR") as page:
        page.wait_for_selector("#slip")
        page.reload()
        page.wait_for_selector("#slip")
        total = page.inner_text("#slip .total .number")
        life = page.locator(".life time").count()
        stored_after = page.locator(".life .after >> nth=1").inner_text()

    assert ("6,00 €", 3, "+500 ms") == (total.replace("\xa0", " "), life, stored_after)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("receipt/1/1/1/never", "no such receipt"),
        ("store/Atlantis", "No receipt of this store is in the archive: Atlantis"),
        ("nowhere", "no such page"),
    ],
)
def test_what_is_not_there_is_said(
    browser: Browser, dashboard: Dashboard, path: str, said: str
) -> None:
    with viewing(browser, dashboard.url, path=path, locale="en-GB") as page:
        page.wait_for_selector(".message")
        text = page.inner_text(".message")

    assert said in text


@pytest.mark.parametrize(
    "path",
    [
        *("", "?category=Pain", "operations", "store/Lyon%2F4"),
        *("receipt", "replay", "replay/1999-12-31"),
        *("explore", "explore?window=revenue", "channels", "nowhere", "?store=4&store=5"),
    ],
)
def test_no_page_has_a_serious_barrier_at_either_size_in_either_theme_and_language(
    browser: Browser, dashboard: Dashboard, sold_at: str, path: str
) -> None:
    barriers = {}
    of_the_test = {
        "receipt": receipt_path(f"Lyon%2F4/1/1/{sold_at}")[1:],
        "replay": f"replay/{sold_at[:10]}?play=0",
    }
    path = of_the_test.get(path, path)
    looks: tuple[tuple[Any, str], ...] = (("dark", "en-GB"), ("light", "fr-FR"))
    for theme, locale in looks:
        with viewing(browser, dashboard.url, path=path, locale=locale, color_scheme=theme) as page:
            if path == "channels":
                # Without an online shop it waits for one.
                page.wait_for_selector("#channels-page tbody tr")
            else:
                wait_for_state(page, "status", "live", 20)
            if path.startswith("replay"):
                page.wait_for_selector('#replay-page:not([data-state="waiting"])')
            page.wait_for_selector(f'html[data-mantine-color-scheme="{theme}"]')
            for width in (390, 1440):
                page.set_viewport_size({"width": width, "height": 900})
                barriers[theme, width] = serious(page)

    assert [] == [found for found in barriers.items() if found[1]]


def test_no_page_asks_what_a_route_refuses(browser: Browser, dashboard: Dashboard) -> None:
    """Each with all that its address may say: a parameter that its route has not would stop it."""
    addresses = {
        "?window=1h&region=Nord&category=Pain&against=year": "part",
        "store?id=Lyon/4&category=Pain&window=1h": "part",
        "stores?region=Nord": "stores/state",
        "products?region=Nord&store=5&category=Pain&all=1": "products/state",
        "days?from=2026-11-01&to=2026-11-02&by=week&store=5&region=Nord": "days/state",
        "days?range=year&by=month&figure=net": "days/choices",
        "online?range=day": "online/state",
        "replay/2026-11-01?at=12:30:00&play=0": "day",
        "operations": "operation",
        "jobs": "jobs/state",
        "alerts": "alerts/state",
    }
    answers = {}
    with viewing(browser, dashboard.url, path="jobs") as page:
        for address, route in addresses.items():
            asked = re.compile(re.escape(f"{dashboard.url}{route}") + r"(\?|$)")
            with page.expect_response(asked) as heard:
                page.goto(dashboard.url + address)
            answers[address] = heard.value.status

    assert {200, 204} >= set(answers.values()), answers


def test_two_stores_in_an_address_are_none(browser: Browser, dashboard: Dashboard) -> None:
    with viewing(browser, dashboard.url, path="?store=4&store=5", locale="en-GB") as page:
        page.wait_for_selector(".message")
        found = page.inner_text(".page-title"), page.inner_text(".message")

    assert ("Twice in the address: store", True) == (found[0], "shows one of it" in found[1])


def test_every_page_fits_every_width_and_every_list_its_card(
    browser: Browser, dashboard: Dashboard, sold_at: str
) -> None:
    paths = (
        *("", "operations", "store/Lyon%2F4", f"replay/{sold_at[:10]}?play=0"),
        *(
            receipt_path(f"Lyon%2F4/1/1/{sold_at}")[1:],
            "jobs",
            "alerts",
            "explore",
            "explore?window=category_count",
            "online",
            "channels",
            "products",
            "days",
            "stores",
        ),
    )
    found, headers = {}, {}
    # In French, whose words are the longest.
    with viewing(browser, dashboard.url, path="", locale="fr-FR") as page:
        for path in paths:
            page.goto(dashboard.url + path)
            page.wait_for_selector("#page footer", timeout=20_000)
            if path.startswith("store/"):
                page.wait_for_selector("#store-latest a")
            for width in (390, 768, 1024, 1280, 1440, 1920):
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(100)
                found[path, width] = page.evaluate(OUTSIDE)
                headers[path, width] = page.evaluate(HEADER_LINE)

    assert [] == [f"{path} {wide}: {wrong}" for (path, wide), wrong in found.items() if wrong]
    assert [] == [(each, high) for each, high in headers.items() if high > 52]


def test_a_store_of_one_category_is_a_link_and_its_csv_is_its_tables(
    browser: Browser, dashboard: Dashboard, sold_at: str
) -> None:
    path = "store/Lyon%2F4?window=6h&category=Boisson"
    with viewing(browser, dashboard.url, path=path, locale="en-GB") as page:
        page.wait_for_selector('#store-page[data-state="live"]')
        drawn = "(document.querySelector('#categories-plot .js-plotly-plot') || {data: [{y: []}]})"
        wait_until(lambda: page.evaluate(f"{drawn}.data[0].y.length") == 2, 20, "the plots")
        revenue = attribute(page, "store-revenue", "value")
        line = "(document.querySelector('#revenue-plot .js-plotly-plot') || {data: [{y: []}]})"
        wait_until(lambda: page.evaluate(f"{line}.data[0].y.at(-1)") == 5.9, 20, "its revenue")
        tables = page.evaluate(
            "[...document.querySelectorAll('table.rows tbody tr:not(:has(.empty))')]"
            ".map((row) => row.firstElementChild.innerText.trim())"
        )
        with page.expect_download() as download:
            page.click("#save-summary")
            page.click("#csv")
        saved = list(csv.reader(download.value.path().read_text("utf-8-sig").splitlines()))
        excel = saved_workbook(page)
        page.evaluate("window.tillstream.chooseCategory(null)")
        page.wait_for_selector('#store-revenue[data-value="10.40"]')
        window = page.url.partition("?")[2]

    assert ("5.90", "window=6h") == (revenue, window)
    assert [] == [name for name in tables if name not in {row[0] for row in saved if row}]
    assert ["Till", "Receipts", "Gross", "Last receipt", "Missing", "State"] in saved
    assert ["Revenue today", "5.90", "EUR"] in [row[:3] for row in saved]
    assert ("Revenue today", 5.9, "EUR") in [row[:3] for row in excel["Figures"]]


def test_a_store_whose_archive_has_stopped_is_stale_within_three_seconds(
    browser: Browser, dashboard: Dashboard, workers: Workers, sold_at: str
) -> None:
    with viewing(browser, dashboard.url, path="store/Lyon%2F4", locale="en-GB") as page:
        page.wait_for_selector('#store-page[data-state="live"]')
        watch_for(page, "store-page", "stale")
        workers.silent = {topology.METRICS_DB}
        page.wait_for_selector('#store-page[data-state="stale"]', timeout=10_000)
        after = changed_at(page) - workers.last[topology.METRICS_DB]
        said = page.inner_text("#store-fresh")
        workers.silent = set()
        page.wait_for_selector('#store-page[data-state="live"]', timeout=10_000)

    assert after < 3.0
    assert "stale since" in said


def test_the_page_of_a_store_reads_no_other_stores_receipts(
    mongo_url: str, mongo_database: str
) -> None:
    """Of twelve thousand receipts of a hundred stores: the day's four, and its neighbours'."""
    with MongoClient[dict[str, Any]](mongo_url) as client:
        receipts = client[mongo_database]["receipts"]
        receipts.create_index(DAY_INDEX)
        receipts.create_index(STORE_INDEX)
        noon = datetime(2026, 11, 1, 12, tzinfo=PARIS)
        receipts.insert_many(
            {
                "_id": str(n),
                "store": str(n % 100),
                "date": noon + timedelta(days=n // 100 % 30),
                "businessDay": f"{noon + timedelta(days=n // 100 % 30):%Y-%m-%d}",
                "grossMinor": Int64(1),
                "lines": [],
                "payments": [],
            }
            for n in range(12_000)
        )
        explained = client[mongo_database].command(
            "explain",
            {
                "aggregate": "receipts",
                "pipeline": pipeline(Filter("2026-11-21", "7"), "Europe/Paris"),
                "cursor": {},
            },
            verbosity="executionStats",
        )
        stats = explained["stages"][0]["$cursor"]["executionStats"]

    assert 4 == stats["nReturned"]
    assert stats["totalDocsExamined"] <= 3 * 4
