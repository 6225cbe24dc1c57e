"""Store and category as a viewer filters by them: exact, in the address, honest about the rest."""

import contextlib
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page
from pymongo import MongoClient

from tests.support.archived_receipts import archived
from tests.support.dashboards import (
    PARIS,
    Dashboard,
    Workers,
    attribute,
    changed_at,
    viewing,
    wait_for_state,
    wait_for_truth,
    watch_for,
)
from tests.support.day_figures import keep_figures
from tests.support.frozen_mongo import frozen
from tillstream import alert_records, job_records, topology
from tillstream.clock import BusinessDay, utc
from tillstream.stores import StoreTable

DATABASE = "dashboard-filters"
#: Pages that ask the archive themselves, and what has their state.
OF_THE_ARCHIVE = {
    "stores": "stores-page",
    "products": "products-page",
    "days": "days-page",
    "alerts": "alerts-page",
    "jobs": "jobs-page",
    "explore?window=category_count": "explore-page",
}

#: Notes the state of the page when its pill tells that the archive is away.
WATCH = """(element) => {
  const pill = document.getElementById("status");
  new MutationObserver(() => {
    if (!window.shown && pill.textContent.startsWith("Archive away"))
      window.shown = document.getElementById(element).dataset.state;
  }).observe(pill, { childList: true });
}"""


def without_its_rate(archived: dict[str, Any]) -> dict[str, Any]:
    """As no archive of ours has it since its schema is held."""
    for line in archived["lines"]:
        del line["taxBasisPoints"]
    return archived


@pytest.fixture(scope="module")
def workers(amqp_url: str) -> Iterator[Workers]:
    with Workers(amqp_url) as publishing:
        yield publishing


@pytest.fixture(scope="module")
def dashboard(
    workers: Workers, amqp_url: str, mongo_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    stores = tmp_path_factory.mktemp("dashboard") / "stores.csv"
    stores.write_text("storeID,region\n12,Nord\n7,Nord\n8,Sud\n")
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client[DATABASE]["receipts"].insert_many(
            [
                archived("12", 2, Pain=1100, Menu=2200),
                archived("12", 1, Menu=550),
                archived("7", 1, Pain=3300),
                without_its_rate(archived("8", 1, Pain=500)),
            ]
        )
        keep_figures(client[DATABASE], StoreTable(BusinessDay(PARIS), {}))
        heard = {"seenAt": utc(time.time() + 3_600)}
        watcher = {"_id": alert_records.WATCHER}
        client[DATABASE][alert_records.TARGETS].insert_one(watcher | heard)
        job: dict[str, Any] = {"_id": "compact", "place": 0, "command": ["events", "compact"]}
        job |= {"cron": "10 3 * * *", "zone": "UTC", "enabled": True, "nextAt": None}
        client[DATABASE][job_records.JOBS].insert_one(job | heard)
        own = Dashboard(
            AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE=DATABASE, STORES_FILE=str(stores)
        )
        yield own.start()
        own.close()
        client.drop_database(DATABASE)


def figures(page: Page) -> dict[str, str]:
    return {name: attribute(page, name, "value") for name in ("revenue", "receipts", "net-revenue")}


def test_a_link_with_filters_shows_their_part_of_the_day(
    browser: Browser, dashboard: Dashboard
) -> None:
    shown = {}
    queries = ("region=Nord", "region=Nord&category=Menu", "category=Pain", "region=Atlantis")
    for query in queries:
        with viewing(browser, dashboard.url, path=f"?{query}", locale="en-GB") as page:
            wait_for_state(page, "receipts", "live", 20)
            # One category's revenue is in the feeds, its receipts are not.
            shown[query] = figures(page)
            if query == "region=Nord":
                bars = page.evaluate("window.tillstream.bars()")
            note = page.inner_text("#filter-note")

    assert {
        "region=Nord": {"revenue": "71.50", "receipts": "3", "net-revenue": "65.00"},
        "region=Nord&category=Menu": {"revenue": "27.50", "receipts": "2", "net-revenue": "25.00"},
        "category=Pain": {"revenue": "234.56", "receipts": "3", "net-revenue": "44.54"},
        "region=Atlantis": {"revenue": "0.00", "receipts": "0", "net-revenue": "0.00"},
    } == shown
    assert [["Pain", "44.00"], ["Menu", "27.50"]] == bars
    assert note.endswith("No store is in this region.")


def test_a_store_has_one_page_wherever_it_is_chosen(browser: Browser, dashboard: Dashboard) -> None:
    path = "?window=1h&region=Sud&store=12&category=Menu"
    with viewing(browser, dashboard.url, path=path, locale="en-GB") as page:
        page.wait_for_selector('#store-revenue[data-value="27.50"]', timeout=20_000)
        led = page.url.removeprefix(dashboard.url)
        wait_for_truth(page, "window.tillstream.offered()", 20)
        page.evaluate("window.tillstream.chooseCategory(null)")
        page.wait_for_selector('#store-revenue[data-value="38.50"]', timeout=10_000)
        page.evaluate("window.tillstream.chooseStore('8')")
        page.wait_for_selector('#store-revenue[data-value="5.00"]', timeout=20_000)
        rates = page.inner_text("#store-vat-rows")
        page.evaluate("window.tillstream.chooseStore(null)")
        page.wait_for_selector("#live-page")
        back = page.url.removeprefix(dashboard.url)

    assert ("store?id=12&window=1h&category=Menu", "?window=1h") == (led, back)
    assert "not known\t€4.54\t€0.46" == rates


def test_a_filter_is_set_by_the_keyboard_and_lives_in_the_address(
    browser: Browser, dashboard: Dashboard
) -> None:
    with viewing(browser, dashboard.url, path="?window=1h", locale="en-GB") as page:
        wait_for_state(page, "status", "live", 20)
        wait_for_truth(page, "window.tillstream.offered()", 20)
        page.focus("#region-filter")
        page.keyboard.type("Nord")
        page.wait_for_selector('[role="option"]:visible:has-text("Nord")')
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?window=1h&region=Nord", timeout=20_000)
        page.wait_for_selector('#revenue[data-value="71.50"]', timeout=10_000)
        note = page.inner_text("#filter-note")
        unfiltered = page.evaluate(
            """[...document.querySelectorAll('#live-page .card')]
                .filter(card => getComputedStyle(card, '::after').content.includes('whole chain'))
                .map(card => card.querySelector('[id]').id)"""
        )
        page.focus("#store-filter")
        page.wait_for_selector('[role="option"]:has-text("7")')
        offered = page.locator('[role="option"]:visible').all_inner_texts()
        page.keyboard.press("Escape")
        page.click("#live-page")
        page.evaluate("window.tillstream.chooseRegion(null)")
        page.wait_for_url("**/?window=1h", timeout=20_000)
        page.wait_for_selector('#revenue[data-value="1234.56"]', timeout=20_000)

    assert note.startswith("Nord: from the archive, read ")
    assert ["7", "12"] == offered
    assert {"receipts-per-minute-label", "vat-title", "returns-label"} <= set(unfiltered)
    assert not {"revenue-label", "receipts-label", "hours-plot-title"} & set(unfiltered)


def test_filtered_figures_are_stale_when_they_are_no_longer_counted(
    browser: Browser, dashboard: Dashboard, workers: Workers
) -> None:
    with viewing(browser, dashboard.url, path="?region=Nord", locale="en-GB") as page:
        wait_for_state(page, "receipts", "live", 20)
        workers.silent = {topology.COUNT}
        wait_for_state(page, "receipts", "stale", 5)
        last = datetime.fromtimestamp(workers.last[topology.COUNT], PARIS)
        note = page.inner_text("#receipts-note")
        whole = attribute(page, "receipts-per-minute", "state")
        workers.silent = set()
        wait_for_state(page, "receipts", "live", 20)

    assert (f"stale since {last:%H:%M:%S}", "live") == (note, whole)


def test_a_frozen_archive_is_said_everywhere_within_three_seconds(
    browser: Browser, dashboard: Dashboard, mongo_url: str
) -> None:
    of_the_archive = ("network-delay", "feed-metrics-db", "feed-archive")
    with (
        MongoClient[dict[str, Any]](mongo_url) as client,
        contextlib.ExitStack() as stack,
        viewing(browser, dashboard.url, path="?region=Nord", locale="en-GB") as page,
        viewing(browser, dashboard.url, path="operations", locale="en-GB") as operations,
    ):
        others = {
            path: stack.enter_context(viewing(browser, dashboard.url, path=path, locale="en-GB"))
            for path in OF_THE_ARCHIVE
        }
        for path, other in others.items():
            element = OF_THE_ARCHIVE[path]
            known = ", ".join(f'#{element}[data-state="{state}"]' for state in ("live", "empty"))
            other.wait_for_selector(known, timeout=20_000)
            other.evaluate(WATCH, element)
        wait_for_state(page, "status", "live", 20)
        wait_for_state(operations, "status", "live", 20)
        watch_for(page, "status", "stale")
        with frozen(client):
            at = time.time()
            wait_for_state(page, "status", "stale", 10)
            after = changed_at(page) - at
            said = page.inner_text("#status")
            wait_for_state(operations, "status", "stale", 5)
            states = {attribute(operations, name, "state") for name in of_the_archive}
            states.add(attribute(page, "receipts", "state"))
            of_the_feeds = attribute(page, "receipts-per-minute", "state")
            health = httpx.get(f"{dashboard.url}health")
            asked = time.time()
            part = httpx.get(f"{dashboard.url}part?store=7").status_code
            waited = time.time() - asked
            for other in others.values():
                wait_for_truth(other, "window.shown", 20)
            shown = {path: other.evaluate("window.shown") for path, other in others.items()}
        wait_for_state(page, "status", "live", 20)

    assert after < 3.0
    assert said.startswith("Archive away since ")
    assert dict.fromkeys(OF_THE_ARCHIVE, "stale") == shown
    assert ({"stale"}, "live") == (states, of_the_feeds)
    assert (503, "away") == (health.status_code, health.json()["archive"])
    assert (503, True) == (part, waited < 1.0)
