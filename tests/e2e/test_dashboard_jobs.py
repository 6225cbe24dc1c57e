"""The page Jobs: when each job comes, how its last runs ended, and what they wrote."""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pymongo import MongoClient

from tests.support.axe import serious
from tests.support.dashboards import Dashboard, Workers, viewing
from tillstream import job_records as records
from tillstream.clock import utc

DATABASE = "dashboard-jobs"
JOBS = {
    "compact": ("events compact", "10 3 * * *", ["ok"] * 9 + ["skipped", "ok"]),
    "track": ("events track-aggregates", "15 */3 * * *", ["ok", "interrupted", "ok", "running"]),
    "verify": ("analytics verify", "10 5 * * 1-5", ["ok", "ok", "timed out", "failed"]),
    "backup": ("persistence backup {data_dir}/backups/{at}", "0 2 1 * *", []),
}


def run(job: str, at: float, state: str, place: int) -> dict[str, Any]:
    """A run as the scheduler writes it."""
    went = state not in {records.SKIPPED, records.RUNNING}
    return {
        "_id": f"{job}/{utc(at):%Y-%m-%dT%H:%M:%SZ}",
        "job": job,
        "at": utc(at),
        "kind": records.MADE_UP if place == 2 else records.SCHEDULED,
        "state": state,
        "startedAt": None if state == records.SKIPPED else utc(at + 1),
        "endedAt": utc(at + 4 + 37 * place) if went else None,
        "command": JOBS[job][0].split(),
        "attempts": [{}] * 2 if state in records.BAD else [{}],
        "exitStatus": 3 if state == records.FAILED else 0 if went else None,
        "lines": ["counted <b>1,204</b> receipts", f"the books end {state}"],
        "cut": 12 if state == records.FAILED else 0,
        "reason": "",
        "holder": "a test",
    }


@pytest.fixture(scope="module")
def dashboard(amqp_url: str, mongo_url: str) -> Iterator[Dashboard]:
    now = time.time() // 60 * 60
    with MongoClient[dict[str, Any]](mongo_url) as client:
        database = client[DATABASE]
        for place, (name, (command, cron, states)) in enumerate(JOBS.items()):
            database[records.JOBS].insert_one(
                {
                    "_id": name,
                    "place": place,
                    "command": command.split(),
                    "cron": cron,
                    "zone": "Europe/Paris",
                    "enabled": name != "backup",
                    "seenAt": utc(now + 3600),
                    "nextAt": None if name == "backup" else utc(now + 7200 * (1 + place)),
                }
            )
            runs = [
                run(name, now - 10_800 * (len(states) - each), state, each)
                for each, state in enumerate(states)
            ]
            if runs:
                database[records.RUNS].insert_many(runs)
        own = Dashboard(AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE=DATABASE)
        with Workers(amqp_url), contextlib.closing(own):
            yield own.start()
        client.drop_database(DATABASE)


def shot(page: Page, name: str) -> None:
    """A picture for its maker's eyes, where JOBS_PICTURES names a folder."""
    if folder := os.environ.get("JOBS_PICTURES"):
        page.wait_for_timeout(800)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def rows(page: Page) -> list[list[str]]:
    """Name, schedule, state and the signs of the runs, of each job."""
    page.wait_for_selector('#jobs-page[data-state="live"] #jobs-rows tr', timeout=20_000)
    found: list[list[str]] = page.evaluate(
        "[...document.querySelectorAll('#jobs-rows tr')].map(row => [row.dataset.job,"
        " row.children[1].innerText, row.querySelector('.job-state').innerText,"
        " [...row.querySelectorAll('.run')].map(run => run.innerText).join('')])"
    )
    return found


def test_each_job_has_its_schedule_in_words_and_its_last_runs_the_newest_at_the_right(
    browser: Browser, dashboard: Dashboard
) -> None:
    with viewing(browser, dashboard.url, path="jobs", locale="en-GB") as page:
        english = rows(page)
        coming = page.inner_text('[data-job="backup"] td:nth-child(3)')
    with viewing(browser, dashboard.url, path="jobs", locale="fr-FR") as page:
        french = rows(page)
        shot(page, "french")

    assert [
        ["compact", "every day at 03:10", "ok", "✓✓✓✓✓✓✓✓✓–✓"],  # noqa: RUF001 - a sign
        ["track", "every 3 hours at :15", "running", "✓!✓…"],
        ["verify", "Mon–Fri at 05:10", "failed", "✓✓✗✗"],  # noqa: RUF001
        ["backup", "on day 1 of the month at 02:00", "–", ""],  # noqa: RUF001
    ] == english
    assert "disabled" == coming
    assert (
        [
            "chaque jour à 03:10",
            "toutes les 3 heures à :15",
            "lun.–ven. à 05:10",  # noqa: RUF001
        ]
        == [row[1] for row in french[:3]]
    )


def test_a_run_that_is_chosen_shows_its_log_and_stands_in_the_address(
    browser: Browser, dashboard: Dashboard
) -> None:
    with viewing(browser, dashboard.url, path="jobs", locale="en-GB") as page:
        rows(page)
        page.click('[data-job="verify"] .run:last-child')
        page.wait_for_selector("#job-log:not([hidden]) #job-log-lines:not(:empty)")
        lines, about = page.inner_text("#job-log-lines"), page.inner_text("#job-log-about")
        address = page.evaluate("new URLSearchParams(location.search).get('run')")
        page.click("#job-log-close")
        page.wait_for_selector("#job-log[hidden]", state="attached")

    assert "counted <b>1,204</b> receipts\nthe books end failed" == lines
    assert (
        "python -m analytics verify · exit status 3 · 2 attempts"
        " · 12 lines before these were not kept"
    ) == about
    assert address.startswith("verify/")


def test_a_failed_job_is_told_on_the_operations_page(
    browser: Browser, dashboard: Dashboard
) -> None:
    with viewing(browser, dashboard.url, path="operations", locale="en-GB") as page:
        page.wait_for_selector("#failed-jobs:not([hidden]) a", timeout=20_000)
        told = page.inner_text("#failed-jobs")
        shot(page, "operations")
        page.click("#failed-jobs a")
        page.wait_for_selector("#jobs-rows tr")

    assert "✗ Failed jobs: verify" == told


def test_the_page_has_no_serious_barrier_at_either_size_in_either_theme(
    browser: Browser, dashboard: Dashboard
) -> None:
    barriers, overflow = {}, {}
    with viewing(browser, dashboard.url, path="jobs", locale="en-GB") as page:
        rows(page)
        page.click('[data-job="verify"] .run:last-child')
        page.wait_for_selector("#job-log-lines:not(:empty)")
        for theme in ("dark", "light"):
            page.wait_for_selector(f'html[data-mantine-color-scheme="{theme}"]')
            for width in (390, 1440):
                page.set_viewport_size({"width": width, "height": 900})
                shot(page, f"jobs-{width}-{theme}")
                barriers[theme, width] = serious(page)
                overflow[theme, width] = page.evaluate(
                    "document.documentElement.scrollWidth - innerWidth"
                )
            page.click("#theme-toggle")

    assert [] == [found for found in barriers.items() if found[1]]
    assert dict.fromkeys(overflow, 0) == overflow
