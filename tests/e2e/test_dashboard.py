"""The page as its viewers see it: a real broker, MongoDB, dashboard and Chromium."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Int64
from playwright.sync_api import Browser, Page
from pymongo import MongoClient

from tests.support.dashboards import (
    BREAKDOWNS,
    PARIS,
    Dashboard,
    Workers,
    attribute,
    changed_at,
    states,
    viewing,
    wait_for_state,
    watch_for,
)
from tests.support.relay import Relay
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.clock import BusinessDay

STALE_PROMISE_SECONDS = 3.0
LIVE_PROMISE_SECONDS = 5.0


@pytest.fixture(scope="module")
def workers(amqp_url: str) -> Iterator[Workers]:
    with Workers(amqp_url) as publishing:
        yield publishing


@pytest.fixture(autouse=True)
def talkative(workers: Workers) -> None:
    workers.silent = set()
    workers.breakdowns = BREAKDOWNS


@pytest.fixture
def dashboard(workers: Workers, amqp_url: str, mongo_url: str) -> Iterator[Dashboard]:
    own = Dashboard(AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE="dashboard-e2e")
    yield own
    own.close()
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client.drop_database("dashboard-e2e")


def test_the_page_shows_the_published_figures_to_the_cent(
    browser: Browser, dashboard: Dashboard
) -> None:
    dashboard.start()
    with viewing(browser, dashboard.url, locale="en-GB") as page:
        wait_for_state(page, "status", "live", 20)
        page.wait_for_selector("#categories-plot .bartext")
        page.wait_for_selector("#top-rows th")

        shown = {
            name: attribute(page, name, "value")
            for name in ("revenue", "receipts", "receipts-per-minute", "units-per-basket")
        }
        by_category = json.loads(attribute(page, "categories", "value"))
        texts = (
            page.inner_text("#revenue"),
            [
                text.strip()
                for text in page.locator("#categories-plot .bartext").all_text_contents()
            ],
        )
        rows = {
            table: [
                text.replace("\t", " ") for text in page.inner_text(f"#{table}-rows").split("\n")
            ]
            for table in ("tenders", "vat", "top", "bottom")
        }

    assert {
        "tenders": ["CB €1,000.00 81%", "ESPECES €234.56 19%"],
        "vat": ["5.5% €1,000.00 €100.00", "10% €122.32 €12.24"],
        "top": ["12 €1,000.00 10", "7 €234.56 10"],
        "bottom": ["none"],
    } == rows
    assert {
        "revenue": "1234.56",
        "receipts": "100",
        "receipts-per-minute": "420",
        "units-per-basket": "2.50",
    } == shown
    assert {"Menu": "1000.00", "Pain": "234.56"} == by_category
    assert ("€1,234.56", ["€1,000.00", "€234.56"]) == texts


def test_a_french_reader_reads_french_amounts(browser: Browser, dashboard: Dashboard) -> None:
    dashboard.start()
    with viewing(browser, dashboard.url, locale="fr-FR") as page:
        wait_for_state(page, "revenue", "live", 20)
        text = page.inner_text("#revenue")

    assert "1 234,56 €" == text.replace("\u202f", " ").replace("\xa0", " ")


def test_a_silent_feed_is_stale_within_three_seconds_and_live_again(
    browser: Browser, dashboard: Dashboard, workers: Workers
) -> None:
    dashboard.start()
    with viewing(browser, dashboard.url) as page:
        wait_for_state(page, "status", "live", 20)
        watch_for(page, "revenue", "stale")
        workers.silent = {topology.COUNT}
        wait_for_state(page, "revenue", "stale", 10)
        last = workers.last[topology.COUNT]
        after = changed_at(page) - last
        since = datetime.fromtimestamp(last, PARIS).strftime("stale since %H:%M:%S")
        note, status = page.inner_text("#revenue-note"), attribute(page, "status", "state")
        other = attribute(page, "receipts-per-minute", "state")
        workers.silent = set()
        wait_for_state(page, "revenue", "live", 20)
        wait_for_state(page, "status", "live", 20)

    assert (since, "stale", "live") == (note, status, other)
    assert after < STALE_PROMISE_SECONDS


def test_feeds_that_were_never_heard_wait_and_nothing_looks_live(
    browser: Browser, dashboard: Dashboard, workers: Workers
) -> None:
    workers.silent = set(topology.RESULTS + topology.DETAILS)
    dashboard.start()
    with viewing(browser, dashboard.url) as page:
        page.wait_for_selector("#revenue")
        time_of_two_frames = 2500
        page.wait_for_timeout(time_of_two_frames)

        # MongoDB answers, and has nothing.
        of_others = page.evaluate(
            "[...document.querySelectorAll('[data-feed]:not([data-feed=archive])')]"
            ".map(each => each.dataset.state)"
        )
        revenue = attribute(page, "revenue", "value")

    assert ({"waiting"}, "") == (set(of_others), revenue)


def interrupt_by_kill(dashboard: Dashboard) -> Callable[[], object]:
    dashboard.kill()
    return dashboard.start


def interrupt_by_freezing(dashboard: Dashboard) -> Callable[[], object]:
    os.kill(dashboard.process.pid, signal.SIGSTOP)
    return lambda: os.kill(dashboard.process.pid, signal.SIGCONT)


@pytest.mark.parametrize("interrupt", [interrupt_by_kill, interrupt_by_freezing])
def test_a_lost_server_shows_as_reconnecting_and_comes_back_by_itself(
    browser: Browser,
    dashboard: Dashboard,
    interrupt: Callable[[Dashboard], Callable[[], object]],
) -> None:
    dashboard.start()
    with viewing(browser, dashboard.url) as page:
        wait_for_state(page, "status", "live", 20)
        watch_for(page, "status", "reconnecting")
        lost = time.time()
        restore = interrupt(dashboard)
        wait_for_state(page, "status", "reconnecting", 10)
        noticed = changed_at(page) - lost
        meanwhile = states(page)
        page.wait_for_selector('#status:has-text("attempt")', timeout=20_000)
        restore()
        back = time.monotonic()
        wait_for_state(page, "status", "live", 20)
        live_after = time.monotonic() - back
        value = attribute(page, "revenue", "value")

    assert ({"stale"}, "1234.56") == (meanwhile, value)
    assert noticed < STALE_PROMISE_SECONDS
    assert live_after < LIVE_PROMISE_SECONDS


def test_another_process_behind_the_same_address_goes_on_with_an_open_page(
    browser: Browser, dashboard: Dashboard, amqp_url: str, mongo_url: str
) -> None:
    dashboard.start()
    other = Dashboard(AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE="dashboard-e2e")
    with contextlib.closing(other.start()), Relay("127.0.0.1", dashboard.port) as proxy:
        proxy.mend()
        with viewing(browser, f"http://127.0.0.1:{proxy.port}/", path="?window=1h") as page:
            wait_for_state(page, "status", "live", 20)
            proxy.cut()
            dashboard.kill()
            wait_for_state(page, "status", "reconnecting", 10)
            proxy.turn_to("127.0.0.1", other.port)
            proxy.mend()
            back = time.monotonic()
            wait_for_state(page, "status", "live", 20)
            live_after = time.monotonic() - back
            shown = (attribute(page, "revenue", "value"), attribute(page, "categories", "state"))

    assert ("1234.56", "live") == shown
    assert live_after < LIVE_PROMISE_SECONDS


def test_who_opens_it_at_noon_sees_the_morning(
    browser: Browser, dashboard: Dashboard, workers: Workers, mongo_url: str
) -> None:
    # Where the ledger has hours, what the archive lacks of them is spread over them.
    workers.breakdowns = {name: keys for name, keys in BREAKDOWNS.items() if name != "hour"}
    calendar, now = BusinessDay(PARIS), time.time() // 60 * 60
    day = calendar.on(now)
    opened = max(calendar.starts(day).timestamp(), now - 120 * 60)
    if now - opened < 180:
        pytest.skip("the business day is too young to have a morning")
    later = opened + (now - opened) // 120 * 60
    with MongoClient[dict[str, Any]](mongo_url) as client:
        for at, cents in ((opened, 600), (later, 590)):
            sold_at = datetime.fromtimestamp(at, UTC)
            client["dashboard-e2e"]["receipts"].insert_one(
                {
                    "businessDay": day.isoformat(),
                    "date": sold_at,
                    "receivedAt": sold_at,
                    "storedAt": sold_at,
                    "grossMinor": Int64(cents),
                    "lines": [],
                }
            )
    dashboard.start()
    with viewing(browser, dashboard.url) as page:
        wait_for_state(page, "status", "live", 20)
        wait_until(lambda: opened in revenue_by_minute(page), 15, "the morning")
        drawn = revenue_by_minute(page)

    assert (6.0, 11.9, 1234.56) == (drawn[opened], drawn[later], list(drawn.values())[-1])


def revenue_by_minute(page: Page) -> dict[float, float]:
    trace = page.evaluate(
        "(({x, y}) => ({x, y}))(document.querySelector('#revenue-plot .js-plotly-plot').data[0])"
    )
    return {ms / 1000: euros for ms, euros in zip(trace["x"], trace["y"], strict=True)}
