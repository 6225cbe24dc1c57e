"""The pages Online and Tills and shop: figures to the cent, models, MongoDB away, every size."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pymongo import MongoClient

from tests.support.axe import serious
from tests.support.dashboards import (
    PARIS,
    Dashboard,
    Workers,
    attribute,
    changed_at,
    viewing,
    wait_for_state,
    watch_for,
)
from tests.support.online_shop import MINUTE, OnlineShop, Speaking
from tests.support.waiting import wait_until
from tillstream.clock import BusinessDay

DATABASE = "dashboard-online"
WIDTHS = (390, 768, 1024, 1440, 1920)
PAGES = ("online", "channels")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("streams")


@pytest.fixture(scope="module")
def shop(mongo_url: str, folder: Path) -> Iterator[OnlineShop]:
    """One that has sold nothing yet."""
    with MongoClient[dict[str, Any]](mongo_url) as client:
        yield OnlineShop(client, DATABASE, folder)
        client.drop_database(DATABASE)


@pytest.fixture(scope="module")
def dashboard(amqp_url: str, mongo_url: str, shop: OnlineShop, folder: Path) -> Iterator[Dashboard]:
    own = Dashboard(
        AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE=DATABASE, STREAMS_DIR=str(folder)
    )
    with Workers(amqp_url), Speaking(shop, amqp_url), contextlib.closing(own):
        yield own.start()


@pytest.fixture(scope="module")
def sold(shop: OnlineShop, dashboard: Dashboard) -> OnlineShop:
    """It has sold for the last hour and a half, and before that every half hour since midnight."""
    now = time.time()
    newest = int(now) // MINUTE * MINUTE
    midnight = BusinessDay(PARIS).starts(BusinessDay(PARIS).on(now)).timestamp()
    shop.sell(range(newest - 90 * MINUTE, newest + 1, MINUTE))
    shop.sell(range(int(midnight), newest - 90 * MINUTE, 30 * MINUTE))
    shop.describe(now)
    return shop


def summed(shop: OnlineShop, window: str, first: float, end: float) -> dict[str, Decimal]:
    """MongoDB's own sums of the rows that begin in [first, end)."""
    times = {"$gte": datetime.fromtimestamp(first, UTC), "$lt": datetime.fromtimestamp(end, UTC)}
    names = [measure.name for measure in shop.archives[window].window.measures]
    [found] = shop.archives[window].collection.aggregate(
        [
            {"$match": {"start": times}},
            {"$group": {"_id": None} | {name: {"$sum": f"${name}"} for name in names}},
        ]
    )
    return {name: Decimal(str(found[name])) for name in names}


def newest_minute(shop: OnlineShop) -> float:
    found = shop.archives["revenue"].collection.find_one(sort={"start": -1})
    assert found is not None
    start: datetime = found["start"]
    return start.replace(tzinfo=UTC).timestamp()


def shown(page: Page, *names: str) -> list[Decimal]:
    return [Decimal(attribute(page, f"online-{name}", "value") or "NaN") for name in names]


def rows(page: Page, table: str) -> list[list[str]]:
    found: list[list[str]] = page.evaluate(
        "id => [...document.querySelectorAll(`#${id}-rows tr`)]"
        ".map(row => [...row.children].map(cell => cell.innerText.trim()))",
        table,
    )
    return found


def cents(amount: Decimal) -> str:
    return f"€{amount.quantize(Decimal('0.01')):,}"


FIGURES = ("revenue", "profit", "quantity", "purchases")


def test_a_shop_without_events_says_how_to_send_some_and_comes_alive_with_the_first(
    browser: Browser, dashboard: Dashboard, shop: OnlineShop
) -> None:
    with viewing(browser, dashboard.url, path="online", locale="en-GB") as page:
        wait_for_state(page, "online-page", "empty", 20)
        said, header = page.inner_text("#online-first"), page.inner_text("#status")
        picture(page, "online-empty")
        shop.sell([int(time.time()) // MINUTE * MINUTE])
        wait_for_state(page, "online-page", "live", 10)
        purchases = int(attribute(page, "online-purchases", "value"))

    assert said.endswith("script/server --shop")
    assert ("Waiting for data", True) == (header, purchases > 0)


def test_the_hour_and_the_day_are_mongodbs_sums_to_the_cent_and_move_with_the_rows(
    browser: Browser, dashboard: Dashboard, sold: OnlineShop
) -> None:
    end = newest_minute(sold) + MINUTE
    day = BusinessDay(PARIS).starts(BusinessDay(PARIS).on(time.time())).timestamp()
    expected = {
        name: summed(sold, "revenue", first, end)
        for name, first in (("hour", end - 3600), ("day", day))
    }
    failed = summed(sold, "fail_count", end - 3600, end)["purchases"]
    with viewing(browser, dashboard.url, path="online", locale="en-GB") as page:
        wait_for_state(page, "online-page", "live", 20)
        hour = shown(page, *FIGURES, "failed")
        unknown = page.inner_text("#online-message")
        text, note = page.inner_text("#online-revenue"), page.inner_text("#online-revenue-note")
        page.click("#online-range-day")
        wait_until(lambda: "range=day" in page.url, 20, "the address")
        wait_until(lambda: shown(page, "revenue") == [expected["day"]["revenue"]], 20, "the day")
        of_the_day = shown(page, *FIGURES)
        drawn = "document.querySelector('#online-revenue-plot .js-plotly-plot').data[0].y.length"
        wait_until(lambda: page.evaluate(drawn) > 0, 10, "the plot")
        # A revision of a minute, as a late purchase makes it.
        given = {"profit": 1, "quantity": 1, "purchases": 1, "without_product": 0}
        sold.write("revenue", end - 2 * MINUTE, (), revenue=99_900_000, revision=2, **given)
        revised = summed(sold, "revenue", day, end)["revenue"]
        wait_until(lambda: shown(page, "revenue") == [revised], 20, "the revised minute")

    assert [*(expected["hour"][name] for name in FIGURES), failed] == hour
    assert [expected["day"][name] for name in FIGURES] == of_the_day
    assert cents(expected["hour"]["revenue"]) == text
    assert unknown.startswith(f"{expected['hour']['without_product']} purchases are not in")
    assert f"today {cents(expected['day']['revenue'])}" == note


def test_sources_follow_the_chosen_model_and_what_has_no_click_says_so(
    browser: Browser, dashboard: Dashboard, sold: OnlineShop
) -> None:
    end = newest_minute(sold) + MINUTE
    expected = summed(sold, "source_credits", end - 3600, end)
    with viewing(browser, dashboard.url, path="online", locale="en-GB") as page:
        wait_for_state(page, "online-page", "live", 20)
        totals = {}
        for model in ("first_touch", "linear", "position_based"):
            page.click(f"#online-model-{model}")
            found = page.evaluate(
                "JSON.parse(document.getElementById('online-sources').dataset.value)"
            )
            totals[model] = sum(millionths for _, millionths in found)
        path = page.url.removeprefix(dashboard.url)
        last = rows(page, "online-sources")[-1][0]
        unknown = rows(page, "online-categories")[-1][0]
        funnel = rows(page, "online-funnel")
    with viewing(browser, dashboard.url, path=path, locale="fr-FR") as page:
        wait_for_state(page, "online-page", "live", 20)
        pressed = page.get_attribute("#online-model-position_based", "aria-pressed")
        french = rows(page, "online-sources")[-1][0]

    assert {name: expected[name] for name in totals} == totals
    assert ("no click found", "product not known yet") == (last, unknown)
    assert ["View", "Cart", "Purchase"] == [row[0] for row in funnel]
    assert ("true", "aucun clic trouvé") == (pressed, french)


def test_an_update_has_at_most_two_kilobytes(
    browser: Browser, dashboard: Dashboard, sold: OnlineShop
) -> None:
    sizes: list[int] = []
    with viewing(browser, dashboard.url, path="online", locale="en-GB") as page:
        wait_for_state(page, "online-page", "live", 20)
        while len(sizes) < 3:
            with page.expect_response("**/online/state?*", timeout=20_000) as answered:
                pass
            if answered.value.status == 200:
                sizes.append(len(answered.value.body()))
                # So that every panel changes.
                sold.sell([newest_minute(sold)])

    assert max(sizes) <= 2_000


def test_frozen_mongodb_is_said_within_three_seconds_and_forgotten_when_it_answers(
    browser: Browser, dashboard: Dashboard, sold: OnlineShop, mongo_url: str
) -> None:
    with MongoClient[dict[str, Any]](mongo_url) as client:
        pid = int(client.admin.command("serverStatus")["pid"])
    with viewing(browser, dashboard.url, path="online", locale="en-GB") as page:
        wait_for_state(page, "online-page", "live", 20)
        watch_for(page, "online-page", "stale")
        frozen_at = time.time()
        os.kill(pid, signal.SIGSTOP)
        try:
            wait_for_state(page, "online-page", "stale", 10)
            after = changed_at(page) - frozen_at
            said = page.inner_text("#online-fresh")
            states = {
                attribute(page, name, "state")
                for name in ("online-revenue", "online-sources", "online-categories")
            }
            # The head asks by itself, and no totals worker runs here: "Stale since" comes first.
            wait_until(
                lambda: page.inner_text("#status").startswith("Archive away since"), 3, "the head"
            )
        finally:
            os.kill(pid, signal.SIGCONT)
        wait_for_state(page, "online-page", "live", 20)
        back = page.inner_text("#online-fresh")

    assert after < 3.0
    assert said.startswith("The archive does not answer · figures as of ")
    assert "complete until" in said
    assert {"stale"} == states
    assert back.startswith("as of ")


def test_both_channels_add_up_exactly(
    browser: Browser, dashboard: Dashboard, sold: OnlineShop
) -> None:
    end = newest_minute(sold) + MINUTE
    day = BusinessDay(PARIS).starts(BusinessDay(PARIS).on(time.time())).timestamp()
    revenue = summed(sold, "revenue", day, end)["revenue"]
    with viewing(browser, dashboard.url, path="channels", locale="en-GB") as page:
        wait_for_state(page, "channels-both", "live", 20)
        found = {
            name: Decimal(attribute(page, f"channels-{name}", "value"))
            for name in ("tills", "shop", "both", "receipts")
        }
        text = page.inner_text("#channels-both")
        wait_until(lambda: len(rows(page, "channels-hours")) > 1, 20, "the hours")
        hours = rows(page, "channels-hours")
        tills = [row[0] for row in rows(page, "channels-till-categories")]

    assert {
        "tills": Decimal("1234.56"),
        "shop": revenue,
        "both": Decimal("1234.56") + revenue,
        "receipts": Decimal(100),
    } == found
    assert cents(found["both"]) == text
    assert {"07:00": "€500.00", "08:00": "€734.56"}.items() <= {
        row[0]: row[1] for row in hours
    }.items()
    assert ["Menu", "Pain"] == tills


@pytest.mark.parametrize("path", PAGES)
def test_each_page_fits_every_width_and_has_no_serious_barrier_in_either_theme(
    browser: Browser, dashboard: Dashboard, sold: OnlineShop, path: str
) -> None:
    wide, barriers = {}, {}
    with viewing(browser, dashboard.url, path=path, locale="fr-FR") as page:
        wait_for_state(page, f"{path}-page", "live", 20)
        page.wait_for_selector(".js-plotly-plot .bars path", state="attached")
        for theme, widths in (("dark", WIDTHS), ("light", (1440, 390))):
            page.wait_for_selector(f'html[data-mantine-color-scheme="{theme}"]')
            for width in widths:
                page.set_viewport_size({"width": width, "height": 900})
                # A plot takes its new size some time after its window.
                page.wait_for_timeout(400)
                wide[theme, width] = page.evaluate(
                    "document.documentElement.scrollWidth - innerWidth"
                )
                if width in {390, 1440}:
                    picture(page, f"{path}-{width}-{theme}")
                if (theme, width) in {("dark", 1440), ("light", 390)}:
                    barriers[theme, width] = serious(page)
            page.click("#theme-toggle")

    assert dict.fromkeys(wide, 0) == wide
    assert [] == [found for found in barriers.items() if found[1]]


def picture(page: Page, name: str) -> None:
    """For its maker's eyes, where ONLINE_PICTURES names a folder."""
    if folder := os.environ.get("ONLINE_PICTURES"):
        page.wait_for_timeout(1200)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
