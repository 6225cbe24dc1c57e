"""Window, pause, CSV, theme, and a page that lacks a file, as a viewer meets them."""

import contextlib
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.dashboards import (
    Dashboard,
    Workers,
    attribute,
    viewing,
    wait_for_state,
)


@pytest.fixture(scope="module")
def dashboard(amqp_url: str, mongo_url: str) -> Iterator[Dashboard]:
    own = Dashboard(AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE="dashboard-controls")
    with Workers(amqp_url):
        yield own.start()
        own.close()


def test_a_window_lives_in_the_address(browser: Browser, dashboard: Dashboard) -> None:
    with viewing(browser, dashboard.url, path="?window=1h", locale="fr-FR") as page:
        wait_for_state(page, "status", "live", 20)
        chosen = page.locator("#window input:checked").get_attribute("value")
        page.click("#window label:has-text('15 min')")
        page.wait_for_url("**/?window=15m", timeout=20_000)
        page.click("#window label:has-text('Jour')")
        page.wait_for_url(dashboard.url, timeout=20_000)

    assert "1h" == chosen


def test_a_paused_page_holds_still_and_does_not_look_live(
    browser: Browser, dashboard: Dashboard
) -> None:
    with viewing(browser, dashboard.url, locale="fr-FR") as page:
        wait_for_state(page, "status", "live", 20)
        page.click("#pause")
        wait_for_state(page, "status", "paused", 20)
        held = attribute(page, "data-time", "value")
        time_of_two_frames = 2500
        page.wait_for_timeout(time_of_two_frames)
        actual = (attribute(page, "data-time", "value"), attribute(page, "revenue", "state"))
        label = page.inner_text("#pause")
        page.click("#pause")
        wait_for_state(page, "status", "live", 20)

    assert ((held, "stale"), "Reprendre") == (actual, label)


def test_what_a_page_asks_for_itself_is_held_too(browser: Browser, dashboard: Dashboard) -> None:
    with viewing(browser, dashboard.url, path="operations", locale="en-GB") as page:
        wait_for_state(page, "queues", "live", 20)
        page.click("#pause")
        wait_for_state(page, "queues", "stale", 5)
        page.click("#pause")
        wait_for_state(page, "queues", "live", 20)
    with viewing(browser, dashboard.url, path="store/1", locale="en-GB") as page:
        wait_for_state(page, "status", "live", 20)
        page.wait_for_selector('#store-revenue:not([data-value=""])', state="attached")
        page.click("#pause")
        wait_for_state(page, "status", "paused", 20)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        longer_than_an_answer_is_shared = 3000
        page.wait_for_timeout(longer_than_an_answer_is_shared)
        held = [url for url in asked if "/part" in url]
        with page.expect_request("**/part?*", timeout=10_000):
            page.click("#pause")

    assert [] == held


@pytest.mark.parametrize(
    ("locale", "separator", "expected"),
    [
        (
            "en-GB",
            ",",
            [
                ["Figure", "Value", "Unit", "Note"],
                ["Revenue today", "1234.56", "EUR"],
                ["Category", "Gross (EUR)"],
                ["Menu", "1000.00"],
                ["Tender", "Gross", "Share"],
                ["CB", "1000.00", "81%"],
            ],
        ),
        (
            "fr-FR",
            ";",
            [
                ["Chiffre", "Valeur", "Unité", "Remarque"],
                ["Chiffre du jour", "1234,56", "EUR"],
                ["Catégorie", "TTC (EUR)"],
                ["Menu", "1000,00"],
                ["Paiement", "TTC", "Part"],
                ["CB", "1000,00", "81%"],
            ],
        ),
    ],
)
def test_the_csv_has_what_the_page_shows_with_real_heads_for_the_readers_spreadsheet(
    browser: Browser,
    dashboard: Dashboard,
    locale: str,
    separator: str,
    expected: list[list[str]],
) -> None:
    with viewing(browser, dashboard.url, locale=locale) as page:
        wait_for_state(page, "status", "live", 20)
        page.wait_for_selector("#top-rows th")
        with page.expect_download(timeout=10_000) as download:
            page.click("#save-summary")
            page.click("#csv")
        text = Path(download.value.path()).read_text("utf-8")

    rows = list(csv.reader(text.removeprefix("\ufeff").splitlines(), delimiter=separator))
    figures = [row[:3] for row in rows]
    assert text.startswith("\ufeff")
    assert [] == [row for row in expected if row not in rows and row not in figures]
    assert "receipts-per-minute" not in text


@pytest.mark.parametrize("answered", [True, False])
def test_a_file_that_fails_or_hangs_is_named_within_seconds_and_can_be_tried_again(
    browser: Browser, dashboard: Dashboard, answered: bool
) -> None:
    name = "20-plots.js"
    with contextlib.closing(browser.new_context(locale="fr-FR")) as session:
        page = session.new_page()
        page.route(f"**/{name}*", lambda route: route.abort() if answered else None)
        page.goto(dashboard.url, wait_until="commit")
        problem = page.wait_for_selector("#load-problem", timeout=15_000)
        said = problem.inner_text() if problem else ""
        page.unroute(f"**/{name}*")
        # What hung may have come now, and the page be drawn: then there is nothing to click.
        page.evaluate("document.querySelector('#load-problem button')?.click()")
        wait_for_state(page, "status", "live", 20)
        gone = page.locator("#load-problem").count()

    assert name in said
    assert "Réessayer" in said
    assert gone == 0


def test_the_theme_is_the_systems_until_another_is_chosen(
    browser: Browser, dashboard: Dashboard
) -> None:
    shown = "document.documentElement.dataset.mantineColorScheme"
    with viewing(browser, dashboard.url, color_scheme="light") as page:
        first = page.evaluate(shown)
        wait_for_state(page, "status", "live", 20)
        drawn = page.evaluate(shown)
        page.emulate_media(color_scheme="dark")
        page.wait_for_selector('html[data-mantine-color-scheme="dark"]')
        page.click("#theme-toggle")
        page.wait_for_selector('html[data-mantine-color-scheme="light"]')
        page.reload()
        wait_for_state(page, "status", "live", 20)
        kept = page.evaluate(shown)

    assert ["light"] * 3 == [first, drawn, kept]
