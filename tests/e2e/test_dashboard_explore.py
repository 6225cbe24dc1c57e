"""The page Explore: what is declared appears by itself, what changes without a reload."""

import contextlib
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pika.adapters.blocking_connection import BlockingConnection
from playwright.sync_api import Browser, Page
from pymongo import MongoClient

from tests.support.dashboards import Dashboard, Workers, viewing
from tests.support.waiting import wait_until
from tests.support.window_archive import START, WindowArchive, declared, figures
from tillstream import topology
from tillstream.runtime import broker as amqp
from tillstream.streams.window_rows import WindowsSnapshot

DATABASE = "dashboard-explore"
PRODUCTS = ("Pain", "Menu", "Boisson", "Tarte", "Glace", "Café", "<b>Thé</b>")
HOURS = 30
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("streams")


@pytest.fixture(scope="module")
def archive(mongo_url: str, folder: Path) -> Iterator[WindowArchive]:
    window = declared(folder)
    with MongoClient[dict[str, Any]](mongo_url) as client:
        archive = WindowArchive(client, DATABASE, window)
        for hour in range(HOURS):
            archive.write(
                (
                    START + timedelta(hours=hour),
                    (product, 1),
                    figures(
                        3 + (hour * (place + 2)) % 17,
                        250 * (place + 1),
                        late=int(hour == 20),
                        revision=1 + int(hour == 20),
                        final=hour < HOURS - 2,
                    ),
                )
                for place, product in enumerate(PRODUCTS)
            )
        yield archive
        client.drop_database(DATABASE)


@pytest.fixture(scope="module")
def dashboard(
    amqp_url: str, mongo_url: str, archive: WindowArchive, folder: Path
) -> Iterator[Dashboard]:
    own = Dashboard(
        AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE=DATABASE, STREAMS_DIR=str(folder)
    )
    with Workers(amqp_url), contextlib.closing(own):
        yield own.start()


def shot(page: Page, name: str) -> None:
    """A picture for its maker's eyes, where EXPLORE_PICTURES names a folder."""
    if folder := os.environ.get("EXPLORE_PICTURES"):
        page.wait_for_timeout(1500)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def shown(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.evaluate(
        "[...document.querySelectorAll('#explore-rows tr')]"
        ".map(row => [...row.children].map(cell => cell.innerText.trim()))"
    )
    return found


def wait_for_rows(page: Page) -> None:
    page.wait_for_selector('#explore-page[data-state="live"] #explore-rows tr', timeout=20_000)


def traces(page: Page) -> list[str]:
    names: list[str] = page.evaluate(
        "document.querySelector('#explore-chart .js-plotly-plot, #explore-chart.js-plotly-plot')"
        ".data.map(trace => trace.name)"
    )
    return names


def tell(connection: BlockingConnection, **more: Any) -> None:
    now = time.time()
    told: dict[str, Any] = {
        "complete_until": now - 20,
        "events": 12_345,
        "late": 7,
        "set_aside": 2,
        "next_offset": 40,
        "log_offset": 44,
    }
    snapshot = WindowsSnapshot(
        window="order_hours", stream="orders", rows=[], as_of=now, **told | more
    )
    with connection.channel() as channel:
        amqp.publish_snapshot(channel, topology.WINDOWS, snapshot)


def test_every_declared_window_is_listed_and_leads_to_its_rows(
    browser: Browser, dashboard: Dashboard, broker: BlockingConnection
) -> None:
    with viewing(browser, dashboard.url, path="explore", locale="en-GB") as page:
        page.wait_for_selector('#explore-list[data-state="live"]', timeout=20_000)
        tell(broker)
        wait_until(
            lambda: page.inner_text("#explore-order_hours-events") == "12,345", 15, "what is heard"
        )
        titles = page.locator("tbody .name a").all_inner_texts()
        shot(page, "list")
        page.click("text=Orders by the hour")
        wait_for_rows(page)
        tell(broker)
        wait_until(lambda: "behind" in page.inner_text("#explore-fresh"), 15, "how far behind")
        aside = page.inner_text("#explore-setAside")
        behind = page.inner_text("#explore-fresh")
        names = traces(page)
        first = shown(page)[0]
        shot(page, "window")

    assert ["Orders by the hour", "Refused rows by stream and rule"] == sorted(titles)
    assert ("2", True) == (aside, behind.endswith("5 messages behind"))
    assert (5, "the rest (2)", "late") == (len(names[:5]), names[5], names[6])
    assert ["22 Nov, 14:00", "not final"] == [first[0][:13].removesuffix(":"), first[-1]]


def test_a_revised_row_and_a_new_one_appear_without_asking_for_everything(
    browser: Browser, dashboard: Dashboard, archive: WindowArchive
) -> None:
    path = "explore?window=order_hours&key.product=Pain&last=0"
    with viewing(browser, dashboard.url, path=path, locale="en-GB") as page:
        wait_for_rows(page)
        whole = len(shown(page)), page.get_attribute("#explore-page", "data-rows")
        # The first answer was everything; later ones hold what changed.
        page.wait_for_timeout(4500)
        page.evaluate("document.querySelector('#explore-rows tr').dataset.same = '1'")
        sizes: list[int] = []
        page.on(
            "response",
            lambda answer: (
                sizes.append(len(answer.json()["rows"])) if "explore/rows" in answer.url else None
            ),
        )
        late = START + timedelta(hours=HOURS - 3)
        archive.write([(late, ("Pain", 1), figures(99, 100, revision=2, late=4, final=True))])
        archive.write([(START + timedelta(hours=HOURS), ("Pain", 1), figures(1, 100))])
        wait_until(lambda: any("late 4" in row[-1] for row in shown(page)), 15, "the revised row")
        rows = shown(page)
        kept = page.locator("#explore-rows tr[data-same]").count()

    assert (25, str(HOURS)) == whole
    assert 1 == kept
    assert ["Pain", "1", "99", "1.00"] == next(row for row in rows if "late 4" in row[-1])[1:5]
    assert max(sizes) <= 2


def test_a_link_holds_the_whole_state_also_on_a_phone_and_in_french(
    browser: Browser, dashboard: Dashboard
) -> None:
    with viewing(
        browser, dashboard.url, path="explore?window=order_hours&last=0", locale="fr-FR",
        viewport=PHONE,
    ) as page:  # fmt: skip
        wait_for_rows(page)
        page.fill("#explore-key-product", "Menu")
        page.press("#explore-key-product", "Enter")
        wait_until(lambda: {row[1] for row in shown(page)} == {"Menu"}, 15, "the filter")
        page.select_option("#explore-figure", "value")
        page.click("#explore-lines")
        page.click("#explore-closer")
        page.click("th[data-name=orders] button")
        wait_until(lambda: "sort=-orders" in page.url and "from=" in page.url, 10, "the address")
        wait_until(lambda: 0 < len(shown(page)) < 25, 15, "the zoom")
        link, rows = page.url, shown(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        shot(page, "phone")
    with viewing(browser, dashboard.url, path=link.removeprefix(dashboard.url)) as page:
        wait_for_rows(page)
        again = [row[1:4] for row in shown(page)]
        pressed = page.get_attribute("#explore-lines", "aria-pressed")
        figure = page.input_value("#explore-figure")

    counts = [int(row[3]) for row in rows]
    assert (sorted(counts, reverse=True), 0) == (counts, wide)
    assert ([row[1:4] for row in rows], "true", "value") == (again, pressed, figure)


def test_a_window_without_rows_says_how_to_send_a_first_event(
    browser: Browser, dashboard: Dashboard, archive: WindowArchive
) -> None:
    kept = list(archive.collection.find())
    archive.collection.delete_many({})
    try:
        path = "explore?window=order_hours"
        with viewing(browser, dashboard.url, path=path, locale="en-GB") as page:
            page.wait_for_selector('#explore-page[data-state="empty"]', timeout=20_000)
            said = page.inner_text("#explore-first")
            shot(page, "empty")
        with viewing(browser, dashboard.url, path="explore?window=nothing") as page:
            page.wait_for_selector(".message", timeout=20_000)
            unknown = page.inner_text("#body")
    finally:
        archive.collection.insert_many(kept)

    assert "curl http://localhost:3000/events/orders" in said
    assert "There is no such window." == unknown
