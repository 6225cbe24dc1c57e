"""Three currencies on one day, from the door to the screen: each by itself, exact, none hidden."""

import csv
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.support.axe import serious
from tests.support.dashboards import (
    Dashboard,
    attribute,
    saved_workbook,
    viewing,
    wait_for_state,
    wait_for_truth,
)
from tests.support.filled_archive import Kept
from tests.support.processes import running, running_door
from tests.support.receipts import CATEGORIES, line, receipt
from tests.support.waiting import wait_until

#: By currency: amounts of receipts of the day.
AMOUNTS = {"EUR": (12.34, 0.66), "JPY": (34_000, 501, -1), "KWD": (1.005, 2.5)}
SUMS = {"EUR": Decimal("13.00"), "JPY": Decimal(34_500), "KWD": Decimal("3.505")}
#: As they are written in English and in French.
WRITTEN = {
    "en-GB": {"EUR": "€13.00", "JPY": "¥34,500", "KWD": "KWD\u00a03.505"},
    "fr-FR": {"EUR": "13,00\u00a0€", "JPY": "34\u202f500\u00a0¥", "KWD": "3,505\u00a0KWD"},
}
SQL = "SELECT {}, sum(gross) FROM {} WHERE currency = 'KWD' GROUP BY 1"
#: By page: a figure that has come, and of a table of its file the title, the head of the amounts,
#: and the sums of its rows by SQL.
FILES = {
    "": ("revenue", "Sales by category", "Gross (KWD)", SQL.format("category", "lines")),
    "days": ("days-gross", "Products", "Gross", SQL.format("description", "lines")),
    "products": (
        "products-revenue",
        "All products",
        "Gross",
        SQL.format("description || ' ' || product", "lines"),
    ),
    "stores": (
        "stores-revenue",
        "Stores",
        "Revenue so far (KWD)",
        SQL.format("store", "receipts"),
    ),
}
WIDTHS = (390, 1024, 1920)


def sold(number: int, amount: float, currency: str) -> dict[str, Any]:
    """A receipt of now, of one line; the euro is not named. Stores 1 and 2 and the categories take
    turns, each product is sold once."""
    named: dict[str, Any] = {} if currency == "EUR" else {"currency": currency}
    amounts = {"creditAmount": amount, "settlementAmount": amount, "unitPrice": amount}
    product = {"productCode": f"{number:08}", "productDescription": f"Product {number}"}
    return receipt(
        number,
        date=time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
        storeID=1 + number % 2,
        lines=[line(category=CATEGORIES[number % 2]) | product | amounts],
        documentTotal={"netTotal": amount, "taxPayable": 0, "grossTotal": amount},
        settlements=[{"paymentMechanism": "CB", "settlementAmount": amount}],
        **named,
    )


@pytest.fixture(scope="module")
def kept(mongo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    found = Kept(mongo_url, "three-currencies", tmp_path_factory.mktemp("currencies"))
    yield found
    found.client.drop_database(found.name)
    found.client.close()


@pytest.fixture(scope="module")
def dashboard(amqp_url: str, kept: Kept) -> Iterator[Dashboard]:
    environ = kept.environ | {"AMQP_URL": amqp_url, "STORE_TIMEZONE": "UTC"}
    with ExitStack() as stack:
        door = stack.enter_context(running_door(amqp_url, **environ))
        for room in (("analytics", "totals"), ("analytics", "rate"), ("persistence",)):
            stack.enter_context(running(*room, **environ))
        dashboard = stack.enter_context(closing(Dashboard(**environ)))
        number = 0
        for currency, amounts in AMOUNTS.items():
            for amount in amounts:
                number += 1
                answer = httpx.post(f"{door}/receipt", json=sold(number, amount, currency))
                assert 202 == answer.status_code, answer.text
        yield dashboard.start()


def shown(page: Page, element: str, value: str) -> None:
    """Wait until a figure has this exact value."""
    wait_until(lambda: attribute(page, element, "value") == value, 30, f"{element} {value}")


def saved_section(page: Page, title: str, least: int) -> list[list[str]]:
    """Heads and rows of a table of the CSV that the page saves, once it has that many rows."""
    found: list[list[str]] = []

    def saved() -> bool:
        with page.expect_download() as download:
            page.click("#save-summary")
            page.click("#csv")
        rows = list(csv.reader(download.value.path().read_text("utf-8-sig").splitlines()))
        at = rows.index([title]) + 1 if [title] in rows else len(rows)
        found[:] = takewhile(bool, rows[at:])
        return len(found) > least

    wait_until(saved, 30, f"{title} of {least} rows")
    return found


def choose(page: Page, currency: str) -> None:
    with page.expect_navigation():
        page.select_option("#currency", currency)


def test_each_page_shows_one_currency_and_says_what_else_was_sold(
    dashboard: Dashboard, browser: Browser
) -> None:
    for locale, written in WRITTEN.items():
        with viewing(browser, dashboard.url, locale=locale) as page:
            shown(page, "revenue", "13.00")
            assert written["EUR"] == page.inner_text("#revenue")
            page.wait_for_selector("#currencies-note a")
            others = page.inner_text("#currencies-note")
            assert written["JPY"] in others
            assert written["KWD"] in others
            assert written["EUR"] not in others

            for currency in ("JPY", "KWD"):
                choose(page, currency)
                shown(page, "revenue", str(SUMS[currency]))
                assert written[currency] == page.inner_text("#revenue")
                assert f"currency={currency}" in page.url
                assert written["EUR"] in page.inner_text("#currencies-note")

            # A way to another page, and to the main one again, keeps and leaves the address.
            page.goto(f"{dashboard.url}days?currency=KWD")
            shown(page, "days-gross", "3.505")
            choose(page, "EUR")
            assert "currency" not in page.url
            shown(page, "days-gross", "13.00")


def test_every_page_and_file_says_what_sql_sums_of_its_currency(
    dashboard: Dashboard, browser: Browser, kept: Kept
) -> None:
    wait_until(lambda: kept.database.receipts.count_documents({}) == 7, 30, "the archive")
    rows = kept.ask("SELECT currency, sum(gross) FROM receipts GROUP BY 1")
    summed = {str(currency): Decimal(str(gross)) for currency, gross in rows}
    assert summed == SUMS
    rows = kept.ask("SELECT currency, sum(gross) FROM receipts WHERE store = '1' GROUP BY 1")
    in_first = {str(currency): Decimal(str(gross)) for currency, gross in rows}

    for currency, gross in summed.items():
        query = f"currency={currency}"
        with viewing(browser, dashboard.url, f"?{query}", locale="en-GB") as page:
            shown(page, "revenue", str(SUMS[currency]))
            wait_for_truth(page, "document.querySelectorAll('#top-rows td').length > 0", 10)
            figures = {str(row[0]): row[1:] for row in saved_workbook(page)["Figures"]}
            assert (float(gross), currency) == figures["Revenue today"][:2]

            page.goto(f"{dashboard.url}products?{query}")
            shown(page, "products-revenue", str(SUMS[currency]))
            page.goto(f"{dashboard.url}stores?{query}")
            shown(page, "stores-revenue", str(SUMS[currency]))
            page.goto(f"{dashboard.url}store?id=1&{query}")
            shown(page, "store-revenue", str(in_first[currency].quantize(SUMS[currency])))
            page.goto(f"{dashboard.url}wall?{query}")
            shown(page, "revenue", str(SUMS[currency]))


@pytest.mark.parametrize("path", FILES)
def test_a_saved_file_has_what_sql_sums_to_the_last_minor_unit(
    dashboard: Dashboard, browser: Browser, kept: Kept, path: str
) -> None:
    wait_until(lambda: kept.database.receipts.count_documents({}) == 7, 30, "the archive")
    figure, title, head, sql = FILES[path]
    sums = kept.ask(sql)
    expected = {str(name): f"{gross:.3f}" for name, gross in sums}

    with viewing(browser, dashboard.url, f"{path}?currency=KWD", locale="en-GB") as page:
        shown(page, figure, "3.505")
        heads, *rows = saved_section(page, title, len(expected))

    place = heads.index(head)
    assert expected == {row[0]: row[place] for row in rows}
    assert {"1.005", "2.500"} == {*expected.values()}


def test_a_receipt_is_written_in_its_own_currency(
    dashboard: Dashboard, browser: Browser, kept: Kept
) -> None:
    wait_until(lambda: kept.database.receipts.count_documents({}) == 7, 30, "the archive")
    document = kept.database.receipts.find_one({"currency": "KWD", "grossMinor": 1005})
    assert document is not None

    with viewing(browser, dashboard.url, f"receipt?key={quote(document['_id'])}") as page:
        page.wait_for_selector("#slip")

        assert "KWD\u00a01.005" in page.inner_text("#slip .total")
        assert ("1005", "KWD") == (
            attribute(page, "slip", "value"),
            attribute(page, "slip", "currency"),
        )


def test_nobody_is_shown_a_currency_without_receipts(
    dashboard: Dashboard, browser: Browser
) -> None:
    assert 404 == httpx.get(f"{dashboard.url}days/state?currency=CHF").status_code

    with viewing(browser, dashboard.url, "?currency=CHF") as page:
        shown(page, "revenue", "13.00")

        assert "currency" not in page.url


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_choice_is_accessible_and_fits(
    dashboard: Dashboard, browser: Browser, scheme: str, tmp_path: Path
) -> None:
    with viewing(browser, dashboard.url, "?currency=JPY", color_scheme=scheme) as page:
        wait_for_state(page, "status", "live", 30)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            page.screenshot(path=tmp_path / f"{scheme}-{width}.png")

            assert width >= wide
        assert [] == serious(page)
        page.goto(f"{dashboard.url}stores?currency=KWD")
        page.wait_for_selector("#stores-grid .ag-row")
        assert [] == serious(page)
