"""The page Alerts: what is open, acknowledged by name, filtered; counted in every header."""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page
from pymongo import MongoClient

from tests.support.axe import serious
from tests.support.dashboards import Dashboard, Workers, viewing
from tillstream import alert_records as records
from tillstream.clock import utc

DATABASE = "dashboard-alerts"


def alert(name: str, severity: str, store: str, ago: float, ended: bool = False) -> dict[str, Any]:
    """An alert as the watcher writes it."""
    now = time.time()
    found = {
        "_id": name,
        "rule": "store-at-zero",
        "kind": "store_at_zero",
        "severity": severity,
        "subject": f"store:{store}",
        "store": store,
        "beganAt": utc(now - ago),
        "endedAt": utc(now - ago / 2) if ended else None,
        "acknowledgedAt": None,
        "acknowledgedBy": "",
        "begins": {"en": f"{name}: no receipt <b>today</b>", "fr": f"{name} : aucun ticket"},
        "ends": {},
        "sendTo": ["ops"],
        "outbox": [{"event": "begins", "target": "ops", "state": "given up" if ended else "sent"}],
        "waiting": [],
    }
    return found if ended else found | {"open": name}


@pytest.fixture(scope="module")
def dashboard(amqp_url: str, mongo_url: str) -> Iterator[Dashboard]:
    with MongoClient[dict[str, Any]](mongo_url) as client:
        database = client[DATABASE]
        database[records.ALERTS].insert_many(
            [
                alert("Lyon", "critical", "12", 600),
                alert("Paris", "warning", "7", 60),
                alert("Nice", "warning", "9", 9_000, ended=True),
            ]
        )
        database[records.TARGETS].insert_many(
            [
                {"_id": records.WATCHER, "seenAt": utc(time.time() + 3_600)},
                {
                    "_id": "ops",
                    "failingSince": utc(time.time() - 90),
                    "reason": "the target did not take it",
                },
            ]
        )
        own = Dashboard(AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE=DATABASE)
        with Workers(amqp_url), contextlib.closing(own):
            yield own.start()
        client.drop_database(DATABASE)


def names(page: Page, table: str) -> list[str]:
    page.wait_for_selector('#alerts-page[data-state="live"] #alerts-open-rows tr', timeout=20_000)
    found: list[str] = page.evaluate(
        f"[...document.querySelectorAll('#alerts-{table}-rows [data-alert]')]"
        ".map(row => row.dataset.alert)"
    )
    return found


def test_open_alerts_are_acknowledged_filtered_and_counted(
    browser: Browser, dashboard: Dashboard
) -> None:
    with viewing(browser, dashboard.url, path="alerts", locale="en-GB") as page:
        opened, ended = names(page, "open"), names(page, "ended")
        page.click('[data-severity="critical"].severity')
        critical, address = names(page, "open"), page.evaluate("location.search")
        page.click('[data-id="Lyon"]')
        page.wait_for_selector("#alerts-message:not(:empty)")
        asked = page.inner_text("#alerts-message")
        page.fill("#alerts-name", "Zoë")
        page.click('[data-id="Lyon"]')
        page.wait_for_selector('[data-alert="Lyon"][data-taken="true"]')
        taken = page.inner_text('[data-alert="Lyon"] td:last-child')
        first = page.inner_text('[data-alert="Lyon"] th span')
        rule = page.locator('[data-alert="Lyon"] th small')
        kind, declared = rule.inner_text(), rule.get_attribute("title")
        targets = page.inner_text("#alerts-targets")
    with viewing(browser, dashboard.url, path="operations", locale="fr-FR") as page:
        page.wait_for_selector('#way-alerts[data-open="2"]', timeout=20_000)

    assert (["Paris", "Lyon"], ["Nice"]) == (opened, ended)
    assert (["Lyon"], "?severity=critical") == (critical, address)
    assert "Write your name first." == asked
    assert "Lyon: no receipt <b>today</b>" == first
    assert ("Store without a receipt", "store-at-zero") == (kind, declared)
    assert taken.startswith("Zoë, ")
    assert targets.startswith("Target fails: ops, since ")


def test_a_page_of_another_site_acknowledges_nothing(dashboard: Dashboard) -> None:
    asked = {"ids": ["Paris"], "by": "somebody"}
    url = f"{dashboard.url}alerts/acknowledge"
    statuses = [
        httpx.post(url, json=asked, headers={"Sec-Fetch-Site": "cross-site"}).status_code,
        httpx.post(url, json=asked, headers={"Origin": "https://evil.example"}).status_code,
        httpx.post(url, content=b'{"ids":["Paris"],"by":"x"}').status_code,
        httpx.post(url, json=asked | {"by": " "}).status_code,
        httpx.post(url, json={"ids": [], "by": "x"}).status_code,
    ]
    state = httpx.get(f"{dashboard.url}alerts/state").json()

    assert [403, 403, 403, 400, 400] == statuses
    assert [None] == [each["acknowledgedAt"] for each in state["alerts"] if each["id"] == "Paris"]


def test_the_page_has_no_serious_barrier_at_either_size_in_either_theme(
    browser: Browser, dashboard: Dashboard
) -> None:
    barriers, overflow = {}, {}
    with viewing(browser, dashboard.url, path="alerts", locale="fr-FR") as page:
        names(page, "open")
        for theme in ("dark", "light"):
            page.wait_for_selector(f'html[data-mantine-color-scheme="{theme}"]')
            for width in (390, 768, 1440):
                page.set_viewport_size({"width": width, "height": 900})
                if folder := os.environ.get("ALERTS_PICTURES"):
                    page.wait_for_timeout(500)
                    page.screenshot(path=f"{folder}/alerts-{width}-{theme}.png", full_page=True)
                barriers[theme, width] = serious(page)
                overflow[theme, width] = page.evaluate(
                    "document.documentElement.scrollWidth - innerWidth"
                )
            page.click("#theme-toggle")

    assert [] == [found for found in barriers.items() if found[1]]
    assert dict.fromkeys(overflow, 0) == overflow
