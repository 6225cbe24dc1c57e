"""The live page against another day: figures to the cent, by the hours that are over."""

import contextlib
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser
from pymongo import MongoClient

from dashboard.state.comparisons import wanted_days
from tests.support.dashboards import (
    BREAKDOWNS,
    PARIS,
    Dashboard,
    Workers,
    attribute,
    viewing,
    wait_for_state,
)
from tests.support.day_figures import write_day
from tests.support.waiting import wait_until
from tillstream.clock import BusinessDay

DATABASE = "dashboard-against"
#: Half of the business day is over, at whatever hour this runs.
CUTOFF_HOUR = (datetime.now(PARIS).hour + 12) % 24
CALENDAR = BusinessDay(PARIS, CUTOFF_HOUR)
#: Cents of each hour: of today ten receipts, of each other day one.
TODAY, BEFORE, A_YEAR_AGO = 10_000, 8_000, 12_500
#: What is kept of today, which a filter is answered from.
KEPT_TODAY = 9_000
NOT_KEPT = 14


def day() -> date:
    return CALENDAR.on(time.time())


def ago(days: int) -> str:
    return (day() - timedelta(days=days)).isoformat()


@pytest.fixture(scope="module")
def url(amqp_url: str, mongo_url: str) -> Iterator[str]:
    hours = [f"{hour:02d}" for hour in range(24)]
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client.drop_database(DATABASE)
        for each in set(wanted_days(day())) - {ago(NOT_KEPT)}:
            cents = A_YEAR_AGO if each == ago(364) else BEFORE
            write_day(client[DATABASE], each, {"1": {hour: {"Pain": cents} for hour in hours}})
        sold = {"Pain": KEPT_TODAY, "Menu": 500}
        write_day(client[DATABASE], day().isoformat(), {"1": dict.fromkeys(hours, sold)})
        own = Dashboard(
            AMQP_URL=amqp_url,
            MONGO_URL=mongo_url,
            MONGO_DATABASE=DATABASE,
            BUSINESS_DAY_CUTOFF_HOUR=str(CUTOFF_HOUR),
        )
        with Workers(amqp_url) as workers, contextlib.closing(own):
            workers.calendar = CALENDAR
            workers.breakdowns = BREAKDOWNS | {"hour": dict.fromkeys(hours, TODAY)}
            yield own.start().url
        client.drop_database(DATABASE)


def test_each_main_figure_is_compared_by_the_hours_that_are_over(
    browser: Browser, url: str
) -> None:
    with viewing(browser, url, path="?against=yesterday", locale="en-GB") as page:
        wait_for_state(page, "status", "live", 20)
        page.wait_for_selector("#against-note:not(:empty)")
        note = page.inner_text("#against-note")
        hours = (int(note.removeprefix("until ")[:2]) - CUTOFF_HOUR) % 24
        figures = ("revenue", "receipts", "average-basket", "net-revenue", "units-per-basket")
        found = {name: page.inner_text(f"#{name}-change") for name in figures}
        page.click("#against >> text=Last year")
        page.wait_for_selector('#revenue-change[data-trend="down"]')
        a_year_ago = page.inner_text("#revenue-change")
        legend = page.inner_text("#revenue-plot-before")
        search = page.url.partition("?")[2]

    def euros(cents: int) -> str:
        return f"\u20ac{cents / 100:,.2f}"

    # A basket today is ten euros, of yesterday eighty; nine net of ten, and two units and a half.
    assert {
        "revenue": f"\u25b2 25% \u00b7 +{euros(2_000 * hours)}",
        "receipts": f"\u25b2 900% \u00b7 +{9 * hours}",
        "average-basket": "\u25bc 87.5% \u00b7 \u2212\u20ac70.00",
        "net-revenue": f"\u25b2 13.6% \u00b7 +{euros((9_090 - 8_000) * hours)}",
        "units-per-basket": "\u25b2 150% \u00b7 +1.50",
    } == found
    assert f"\u25bc 20% \u00b7 \u2212{euros(2_500 * hours)}" == a_year_ago
    assert ("Last year", "against=year") == (legend, search)


def test_a_day_without_figures_is_named_and_the_day_is_foretold(browser: Browser, url: str) -> None:
    with viewing(browser, url, path="?against=usual", locale="en-GB") as page:
        wait_for_state(page, "expected", "live", 20)
        page.wait_for_selector('#expected:not([data-value=""])')
        usual = page.inner_text("#against-note")
        expected = float(attribute(page, "expected", "value"))
        band = page.inner_text("#expected-change")
        page.goto(f"{url}?against=week")
        page.wait_for_selector("#against-note:not(:empty)")
        chosen = page.locator("#against input:checked").get_attribute("value")
        # The dotted line, and the band to the end of the day.
        drawn = "(document.querySelector('#revenue-plot .js-plotly-plot') || {data: []}).data"
        wait_until(lambda: page.evaluate(f"{drawn}.length") == 5, 20, "the plot")

    year, month, number = ago(NOT_KEPT).split("-")
    missing = f"{int(number)} {date(int(year), int(month), 1):%b} {year}"
    assert f"no figures of {missing}" in usual
    assert 1_920 <= expected <= 2_400
    assert "\u20ac" in band
    assert "week" == chosen


def test_a_filtered_figure_is_compared_with_the_same_filter(browser: Browser, url: str) -> None:
    with viewing(browser, url, path="?against=yesterday&category=Pain", locale="en-GB") as page:
        wait_for_state(page, "receipts", "live", 20)
        page.wait_for_selector("#against-note:not(:empty)")
        note = page.inner_text("#against-note")
        hours = (int(note.removeprefix("until ")[:2]) - CUTOFF_HOUR) % 24
        net = page.inner_text("#net-revenue-change")

    assert f"\u25b2 12.5% \u00b7 +\u20ac{(KEPT_TODAY - BEFORE) * hours / 100:,.2f}" == net
