"""The whole system as a user runs it: receipts in, the same figures everywhere, to the cent."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from playwright.sync_api import Browser
from pymongo import MongoClient

from local.ports import free_port
from tests.support.listener import Listener
from tests.support.processes import answers, running
from tests.support.receipts import line, receipt
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.snapshots import CountSnapshot, DelaySnapshot, RateSnapshot

START_SECONDS = 120
CATCH_UP_SECONDS = 60


class System(NamedTuple):
    """A running system and where to find it."""

    entrypoint: str
    dashboard: str
    archive: Any
    broker: BlockingConnection
    environ: dict[str, str]

    def archived(self) -> tuple[int, int]:
        """Receipts in MongoDB, and their gross sum in cents."""
        pipeline = [
            {"$group": {"_id": None, "count": {"$sum": 1}, "gross": {"$sum": "$grossMinor"}}}
        ]
        for group in self.archive.aggregate(pipeline):
            return group["count"], group["gross"]
        return 0, 0


@pytest.fixture
def system(
    broker: BlockingConnection, mongo_url: str, mongo_database: str, room_settings: dict[str, str]
) -> Iterator[System]:
    """Every room but the generator, by the command that `script/server` runs."""
    doors = {"ENTRYPOINT_PORT": str(free_port()), "DASHBOARD_PORT": str(free_port())}
    api = {"ARCHIVE_API_PORT": str(free_port())}
    environ = {**room_settings, "STORE_TIMEZONE": "UTC"} | doors | api
    entrypoint, dashboard = (f"http://127.0.0.1:{port}" for port in doors.values())
    with (
        MongoClient[dict[str, Any]](mongo_url) as client,
        running("local", "--no-generator", **environ),
    ):
        archive = client[mongo_database]["receipts"]
        ready = [f"{entrypoint}/health/ready", f"{dashboard}/health/ready"]
        for url in ready:
            wait_until(lambda url=url: answers(url), START_SECONDS, url)  # type: ignore[misc]
        yield System(entrypoint, dashboard, archive, broker, environ)


def today(number: int, cents: int, category: str) -> dict[str, Any]:
    date = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    return receipt(number, cents=cents, date=date, lines=[line(cents, category)])


def test_the_page_shows_the_receipts_that_were_posted(system: System, browser: Browser) -> None:
    posted = [
        today(1, 600, "Pain"),
        today(2, 590, "Pain"),
        today(3, 1234, "Boisson"),
        today(3, 1234, "Boisson"),
    ]
    statuses = [
        httpx.post(f"{system.entrypoint}/receipt", json=fields).status_code for fields in posted
    ]
    page = browser.new_page()
    page.goto(system.dashboard)

    def value(figure: str) -> str | None:
        return page.locator(f"#{figure}").get_attribute("data-value")

    def shown() -> tuple[str | None, ...]:
        page.wait_for_timeout(100)
        return value("revenue"), value("receipts"), value("receipts-per-minute")

    expected = ("24.24", "3", "3")
    wait_until(lambda: shown() == expected, 30, "the figures on the page")
    states = {
        page.locator(f"#{figure}").get_attribute("data-state")
        for figure in ("revenue", "receipts", "receipts-per-minute", "net-revenue")
    }
    categories = json.loads(value("categories") or "{}")
    page.close()

    assert ([202] * 4, {"live"}) == (statuses, states)
    assert {"Boisson": "12.34", "Pain": "11.90"} == categories
    assert (3, 2424) == system.archived()


def test_a_burst_of_ten_thousand_is_the_same_sum_everywhere(system: System, tmp_path: Path) -> None:
    counts = Listener(system.broker, topology.COUNT, CountSnapshot)
    delays = Listener(system.broker, topology.METRICS_DB, DelaySnapshot)
    rates = Listener(system.broker, topology.METRICS_STORM, RateSnapshot)
    summary_file = tmp_path / "summary.json"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "generator",
            "burst",
            "--count",
            "10000",
            "--to",
            system.entrypoint,
            "--json",
            str(summary_file),
        ],
        env={**system.environ, "PATH": ""},
        check=True,
        timeout=150,
    )
    summary = json.loads(summary_file.read_text())
    gross = summary["accepted_gross_minor"]
    assert (10_000, 10_000, 0) == (summary["sent"], summary["accepted"], summary["lost"])

    counted = counts.wait_for(lambda snapshot: snapshot.count >= 10_000, "all to be counted")
    wait_until(lambda: system.archived()[0] >= 10_000, CATCH_UP_SECONDS, "all to be stored")
    stored = delays.wait_for(lambda snapshot: snapshot.stored >= 10_000, "the archive's count")

    assert (10_000, gross) == (counted.count, counted.sum_minor)
    assert (10_000, gross) == system.archived()
    assert (10_000, 0, 0, 0) == (
        stored.stored,
        stored.duplicates,
        stored.conflicts,
        stored.dead_lettered,
    )
    assert rates.wait_for(lambda snapshot: snapshot.average_per_minute > 0, "the rate")


def test_every_snapshot_decodes_as_its_contract(system: System) -> None:
    kinds: dict[str, type[msgspec.Struct]] = {
        topology.COUNT: CountSnapshot,
        topology.METRICS_DB: DelaySnapshot,
        topology.METRICS_STORM: RateSnapshot,
    }
    listeners = [Listener(system.broker, exchange, kind) for exchange, kind in kinds.items()]

    heard = [listener.wait_for(lambda _: True, "a snapshot") for listener in listeners]

    assert list(kinds.values()) == [type(snapshot) for snapshot in heard]
