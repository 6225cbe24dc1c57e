"""Times and rates as they stand on the page: a time of another day has its day, and a rate all
of its places."""

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser

from tests.support.dashboards import BREAKDOWNS, PARIS, Dashboard, Workers, viewing, wait_for_state

#: Of the VAT rates of a day: a third place, a half, none, and what is no rate.
VAT = {"5.5": 105_500, "1.05": 10_105, "0": 1_000, "": 500}
#: No multiple of a day: the time of day differs too.
HELD_SECONDS = 49 * 3600.0


@pytest.fixture(scope="module")
def url(amqp_url: str, mongo_url: str) -> Iterator[str]:
    """Of a dashboard whose totals are complete until the day before yesterday."""
    own = Dashboard(AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE="dashboard-written")
    with Workers(amqp_url) as workers, contextlib.closing(own):
        workers.breakdowns = BREAKDOWNS | {"vat": VAT}
        workers.watermark_seconds = HELD_SECONDS
        yield own.start().url


@pytest.mark.parametrize(
    ("locale", "rates"),
    [
        ("en-GB", ["5.5%", "1.05%", "0%"]),
        ("fr-FR", ["5,5\u202f%", "1,05\u202f%", "0\u202f%"]),
    ],
)
def test_a_rate_has_all_of_its_places(
    browser: Browser, url: str, locale: str, rates: list[str]
) -> None:
    with viewing(browser, url, locale=locale) as page:
        page.wait_for_selector("#vat-rows td.number")
        shown = page.locator("#vat-rows th").all_text_contents()

    assert rates == shown[:3]


def test_figures_say_their_own_time_and_what_they_lack_behind_it(
    browser: Browser, url: str
) -> None:
    with viewing(browser, url, locale="en-GB") as page:
        wait_for_state(page, "revenue", "live", 20)
        page.wait_for_selector("#revenue-plot-fresh:not(:empty)")
        at = float(page.locator("#revenue-note").get_attribute("data-complete") or 0)
        told = page.locator("#revenue-note").get_attribute("title") or ""
        card = page.inner_text("#revenue-plot-fresh")
        note, unheard = page.inner_text("#revenue-note"), page.inner_text("#heard-note")
        page.goto(f"{url}operations")
        page.wait_for_selector("#silent-rows td.number")
        silent = page.inner_text("#silent-rows").split("\t")[-1]
        whole = page.evaluate("document.documentElement.scrollWidth - innerWidth")

    until = datetime.fromtimestamp(at, PARIS)
    now = datetime.now(PARIS)
    assert timedelta(seconds=HELD_SECONDS - 60) < now - until < timedelta(seconds=HELD_SECONDS + 60)
    assert told.startswith(f"complete until {until.day} {until:%b}, ")
    # Nothing is of that time: the figures say theirs, and what is not heard is named.
    minutes = {f"{moment:%H:%M}" for moment in (now, now - timedelta(minutes=1))}
    assert (card in {f"as of {at}" for at in minutes}, True) == (
        True,
        note in {f"gross · as of {at}" for at in minutes},
    )
    assert "Tills not heard (1): stores 12" == unheard
    assert ("18 Nov, " in silent, 0) == (True, whole)
