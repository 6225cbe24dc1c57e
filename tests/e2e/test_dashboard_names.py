"""Names and numbers as a browser shows them: any id has its page, nothing of it is markup, and the
server's figures are written as the browser's own."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from bson.datetime_ms import DatetimeMS
from playwright.sync_api import Browser
from pymongo import MongoClient

from dashboard.pages.addresses import receipt_path
from dashboard.pages.formatting import Writer
from dashboard.pages.visible import visible
from tests.e2e.test_dashboard_pages import archived
from tests.support.dashboards import PARIS, Dashboard, attribute, viewing
from tests.support.receipts import line, receipt, stamped
from tests.support.snapshots import ZONE
from tillstream.money import decimal_text, rate_text

DATABASE = "dashboard-names"
NAMES = [
    "..",
    ".",
    "../..",
    "A/B",
    "A/../B",
    "a?b#c&d=e",
    "100%",
    "%2e%2e",
    "é",
    "a b+c",
    "\"'`",
    "<script>alert(1)</script>",
    "<b>x</b>",
    "right\u202eleft",
    "W" * 64,
]


@pytest.fixture(scope="module")
def url(amqp_url: str, mongo_url: str) -> Iterator[str]:
    """Of a dashboard whose archive has a receipt by each name, and one whose number it is."""
    now = time.time()
    wall = datetime.fromtimestamp(now, PARIS).strftime("%Y-%m-%d %H:%M:%S")
    own = Dashboard(AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE=DATABASE)
    with MongoClient[dict[str, Any]](mongo_url) as client:
        for name in NAMES:
            lines = [line(700, name)]
            by_store = receipt(1, cents=700, storeID=name, terminalID=name, date=wall, lines=lines)
            by_number = receipt(0, cents=800, storeID="Nord", date=wall) | {"cashReceiptID": name}
            client[DATABASE]["receipts"].insert_many(
                [archived(by_store, now), archived(by_number, now)]
            )
        yield own.start().url
        own.close()
        client.drop_database(DATABASE)


@pytest.mark.parametrize("name", ["..", "A/../B", "a?b#c&d=e", "<b>x</b>", "right\u202eleft"])
def test_a_link_leads_to_the_store_and_the_receipt_of_any_name(
    browser: Browser, url: str, name: str
) -> None:
    with viewing(browser, url, locale="en-GB", viewport={"width": 390, "height": 844}) as page:
        page.wait_for_selector("#page footer")
        # As the browser's own scripts link to a store.
        page.evaluate(
            """(name) => { const a = document.createElement("a"); a.id = "to"; a.textContent = "to";
            a.href = `/store?id=${encodeURIComponent(name)}`; document.body.prepend(a); }""",
            name,
        )
        page.click("#to")
        page.wait_for_selector('#store-revenue:not([data-value=""])')
        store = (
            attribute(page, "store-page", "store"),
            attribute(page, "store-revenue", "value"),
            page.inner_text(".page-title h2"),
        )
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        page.click("#store-categories a")
        page.wait_for_url(lambda url: "category=" in url)
        page.wait_for_selector('#store-revenue:not([data-value=""])')
        narrowed = attribute(page, "store-page", "store"), attribute(page, "store-revenue", "value")
        page.click("#store-latest a")
        page.wait_for_selector("#slip")
        own, there = attribute(page, "slip", "value"), urlsplit(page.url).path
        page.click("#slip a")
        page.wait_for_selector("#store-page")
        back = attribute(page, "store-page", "store")

    title = " ".join(f"Store {visible(name)}".split())
    assert (name, "7.00", title) == (*store[:2], " ".join(store[2].split()))
    assert ((name, "7.00"), "700", "/receipt", name, 0) == (narrowed, own, there, back, wide)


def test_every_receipt_of_a_store_has_its_own_page(browser: Browser, url: str) -> None:
    with viewing(browser, url, path="store?id=Nord", locale="en-GB") as page:
        page.wait_for_selector("#store-latest a")
        links = page.locator("#store-latest a").evaluate_all("all => all.map(a => a.href)")
        keys = []
        for link in links:
            page.goto(link)
            page.wait_for_selector("#slip")
            keys.append((attribute(page, "slip", "value"), attribute(page, "slip", "key")))

    assert ({"800"}, len(links)) == ({value for value, _ in keys}, len(set(keys)))


#: What was stored before the contract had its bounds: its raw text, and when it was sold.
OLD: dict[str, tuple[dict[str, Any], datetime | DatetimeMS]] = {
    "no total": ({"documentTotal": None}, datetime(2026, 3, 1, tzinfo=UTC)),
    "the year 1": ({"date": "0001-01-01 00:00:00"}, datetime(1, 1, 1, tzinfo=UTC)),
    "before all years": (
        {"date": "0001-01-01 00:00:00+14:00"},
        DatetimeMS(-62_135_596_800_000 - 14 * 3_600_000),
    ),
    "the year 9999": (
        {"date": "9999-12-31 23:59:59-12:00"},
        DatetimeMS(253_402_300_799_000 + 12 * 3_600_000),
    ),
}


@pytest.mark.parametrize("name", OLD)
def test_a_receipt_that_todays_contract_cannot_read_has_a_page_that_says_so(
    browser: Browser, url: str, mongo_url: str, name: str
) -> None:
    changes, sold = OLD[name]
    fields = receipt(9, storeID="old")
    document = archived(fields, time.time()) | {
        "_id": f"old/{name}",
        "date": sold,
        "businessDay": str(changes.get("date", "2026-03-01"))[:10],
        "raw": stamped(fields | changes).decode(),
    }
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client[DATABASE]["receipts"].replace_one({"_id": document["_id"]}, document, upsert=True)
    path = receipt_path(document["_id"])[1:]
    with viewing(browser, url, path=path, locale="en-GB") as page:
        page.wait_for_selector("#body", timeout=15_000)
        said = page.inner_text("#body").split("\n")
        title = " ".join(page.inner_text(".page-title h2").split())

    assert ("This receipt cannot be read.", True) == (said[0], bool(said[-1] != said[0]))
    assert f"Receipt old/{name}" == title


def test_an_old_receipt_with_signs_that_no_screen_has_shows_their_code(
    browser: Browser, url: str, mongo_url: str
) -> None:
    fields = receipt(9, storeID="old\x00", cashReceiptID="1\n2")
    old = archived(receipt(9), time.time()) | {"_id": "old/signs", "raw": stamped(fields).decode()}
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client[DATABASE]["receipts"].replace_one({"_id": old["_id"]}, old, upsert=True)
    with viewing(browser, url, path=receipt_path(old["_id"])[1:], locale="en-GB") as page:
        page.wait_for_selector("#slip", timeout=15_000)
        said = page.inner_text("#slip")

    assert [True, True, False] == [
        visible("old\x00") in said,
        visible("1\n2") in said,
        "\x00" in said,
    ]


#: Beyond 2^53 a browser's numbers are rounded; sums of 10^15 cents are well within.
AMOUNTS = [0, 5, -5, 100, -123_456, 10**9, -(10**9), 10**15, -(10**15) - 1, 2**53 - 1]
RATES = [0, 105, 550, 1000, 2000, 1, -550, 1_234_567, 10_000]
MILLI = ["0.00", "-0.00", "2.50", "-3.05", "1234567.89"]


@pytest.mark.parametrize("locale", ["en-IN", "fr-CH"])
def test_the_browser_writes_numbers_as_the_server_does(
    browser: Browser, url: str, locale: str
) -> None:
    write = Writer(locale[:2], ZoneInfo(ZONE))
    rates = [rate_text(each) for each in RATES]

    def percentage(rate: str) -> str:
        return write.language.percent.format(rate.replace(".", write.language.point))

    delays = [0, 3, 12_345]
    with viewing(browser, url, locale=locale) as page:
        page.wait_for_selector("#page footer")
        shown = page.evaluate(
            """([cents, euros, rates, texts, names, delays]) => {
                const { format, visible } = tillstream;
                return [cents.map(format.minor), euros.map(format.money),
                    rates.map(format.percentage),
                    texts.map(format.decimal), cents.map(format.count), names.map(visible),
                    [-0, -0.0001, "-0.00"].map(format.money), format.percent(-0.0001),
                    delays.map(format.ms)];
            }""",
            [AMOUNTS, [*map(decimal_text, AMOUNTS)], rates, MILLI, NAMES, delays],
        )
        beyond = page.evaluate("tillstream.format.minor(2 ** 60 + 1)")

    money = [write.money(each) for each in AMOUNTS]
    assert [
        money,
        money,
        [percentage(each) for each in rates],
        [write.decimal(each) for each in MILLI],
        [write.number(each) for each in AMOUNTS],
        [visible(each) for each in NAMES],
        [write.money(0)] * 3,
        percentage("0"),
        [
            *(f"{write.decimal(f'{each}.0')}\u00a0ms" for each in delays[:2]),
            f"{write.decimal('12.3')}\u00a0s",
        ],
    ] == shown
    assert beyond.startswith("≈ ")
