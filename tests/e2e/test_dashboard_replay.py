"""A past day, played again: its exact total at its end, and its half at noon."""

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pymongo import MongoClient

from persistence.writer.entries import entry
from tests.support.dashboards import PARIS, Dashboard, attribute, viewing
from tests.support.receipts import line, receipt, stamped
from tests.support.waiting import wait_until
from tillstream.clock import BusinessDay, utc
from tillstream.stores import StoreTable

DATABASE = "dashboard-replay"
DAY = datetime.now(PARIS).date() - timedelta(days=2)
#: Wall clock, cents, category: the sums at noon and at the end are not those of any minute.
SOLD = (
    ("07:00:10", 600, "Pain"),
    ("09:30:00", 590, "Boisson"),
    ("11:59:59", 333, "Pain"),
    ("12:00:00", 1234, "Pain"),
    ("16:42:30", 1, "Boisson"),
)


@pytest.fixture(scope="module")
def dashboard(amqp_url: str, mongo_url: str) -> Iterator[Dashboard]:
    own = Dashboard(AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE=DATABASE)
    table = StoreTable(BusinessDay(PARIS), {})
    with MongoClient[dict[str, Any]](mongo_url) as client, contextlib.closing(own):
        for number, (clock, cents, category) in enumerate(SOLD):
            sold = f"{DAY.isoformat()} {clock}"
            at = datetime.fromisoformat(sold).replace(tzinfo=PARIS).timestamp()
            fields = receipt(number, cents=cents, date=sold, lines=[line(cents, category)])
            made = entry(stamped(fields, at + 0.25), table).document()
            client[DATABASE]["receipts"].insert_one(made | {"storedAt": utc(at + 0.75)})
        yield own.start()
        client.drop_database(DATABASE)


def figures(page: Page) -> dict[str, str]:
    names = {"revenue": "replay-revenue-now", "receipts": "replay-receipts-now"}
    return {name: attribute(page, element, "value") for name, element in names.items()}


def bars(page: Page) -> dict[str, float]:
    trace = page.evaluate(
        "(({x, hovertext}) => [hovertext || [], x])"
        "(document.querySelector('#replay-categories .js-plotly-plot').data[0])"
    )
    return dict(zip(*trace, strict=True))


def wait_for_replay(page: Page, state: str, seconds: float = 20) -> None:
    page.wait_for_selector(f'#replay-page[data-state="{state}"]', timeout=seconds * 1000)


def test_a_replay_has_the_half_of_the_day_at_noon_and_all_of_it_at_its_end(
    browser: Browser, dashboard: Dashboard
) -> None:
    path = f"replay/{DAY.isoformat()}?at=12:00:00&play=0&speed=600"
    with viewing(browser, dashboard.url, path=path, locale="en-GB") as page:
        wait_for_replay(page, "paused")
        noon, clock = figures(page), page.inner_text("#replay-clock")
        page.keyboard.press("ArrowRight")
        wait_until(lambda: "12%3A05%3A00" in page.url, 20, "the address to follow")
        later = figures(page)
        until = {of: page.inner_text(f"#replay-{of}-until") for of in ("revenue", "categories")}
        # At 600x the end is three seconds away.
        page.goto(f"{dashboard.url}replay/{DAY.isoformat()}?at=23:30:00&speed=600")
        wait_for_replay(page, "ended")
        end, by_category = figures(page), bars(page)
        ended_at = page.url

    assert ({"revenue": "15.23", "receipts": "3"}, "12:00:00") == (noon, clock)
    assert {"revenue": "27.57", "receipts": "4"} == later
    assert {"revenue": "sold to 12:05", "categories": "sold to 12:00"} == until
    assert {"revenue": "27.58", "receipts": "5"} == end
    assert {"Pain": 21.67, "Boisson": 5.91} == by_category
    assert "play=0" in ended_at


def test_a_day_without_receipts_says_so(browser: Browser, dashboard: Dashboard) -> None:
    with viewing(browser, dashboard.url, path="replay/1999-12-31", locale="fr-FR") as page:
        wait_for_replay(page, "empty")
        said = page.inner_text("#replay-message")

    assert "31 décembre 1999\N{NO-BREAK SPACE}: L'archive n'a aucun ticket de ce jour." == said
