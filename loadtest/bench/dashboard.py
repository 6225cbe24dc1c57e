"""What the live page costs: 50 viewers of a full day, the browser's frames, a day's updates.

What is measured in the browser is in `_dashboard_tab`.
"""

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from bson import Int64
from playwright.sync_api import sync_playwright
from pymongo import MongoClient

from loadtest.bench._dashboard_feeds import snapshots
from loadtest.bench._dashboard_tab import (
    first_visit,
    opened,
    plotly_kilobytes,
    tab_memory,
    watched,
)
from loadtest.bench.harness import Options, Result
from loadtest.bench.private import System, running_system
from loadtest.bench.usage import Meter, resident_mib
from tillstream import topology
from tillstream.runtime import broker

FEEDS = topology.RESULTS + topology.DETAILS
VIEWERS = 50
#: Of the issue: cores, bytes, frames/s, ms, s.
TARGET_CORES, TARGET_BYTES, TARGET_FRAMES, TARGET_PAINT_MS = 0.1, 2000, 50, 2000
TARGET_BACK_SECONDS = 5
DAY_UPDATES = 86_400
#: Accelerated updates a second: slow enough that the feed hears each of them.
UPDATES_PER_SECOND = 1500
#: How long the server is away before the page is watched coming back, seconds.
AWAY_SECONDS = 120


def run(options: Options) -> Result:
    """CPU and bytes with 50 viewers, frames/s, first paint, memory over a day of updates."""
    series = Result()
    zone, hour = _evening()
    seconds = options.size(20, 3)
    updates = options.size(DAY_UPDATES, 2000)
    away = options.size(AWAY_SECONDS, 3)
    series.notes += [
        f"A day of one-minute points from MongoDB ({hour} h of it), feeds twice a second,"
        f" {VIEWERS} streams for {seconds} s without compression, on loopback.",
        "Frames/s and first paint in headless Chromium without a GPU at 1440x900, cold cache.",
        "First visit: what the network carried until the page was live, against plotly's full"
        " bundle, both with gzip.",
        f"Memory of the server: before and after {updates} further updates at"
        f" {UPDATES_PER_SECOND} a second; of the tab: its heap after a collection, before and"
        f" after {updates} further frames of the stream.",
        f"Back to live: after {away} s without a server, from its first answer on.",
    ]
    with running_system(("dashboard",), environ={"STORE_TIMEZONE": zone}) as system:
        _fill(system, zone)
        with _publishing(system, zone):
            for number in range(options.rounds + 1):
                cores, each, frames = asyncio.run(_viewers(system, seconds))
                if number:
                    series.add("50 viewers", "cores", cores, "lower", TARGET_CORES)
                    series.add("one update", "bytes", each, "lower", TARGET_BYTES)
                    series.add("updates a viewer had", "a second", frames, "higher")
            _browsing(system, series, options.rounds, updates, away)
        pid = system.pids()["dashboard"]
        before = resident_mib(pid)
        _accelerate(system, zone, updates)
        series.add("server memory before a day", "MiB", before, "lower")
        series.add("server memory after a day", "MiB", resident_mib(pid), "lower")
    return series


def _browsing(system: System, series: Result, rounds: int, updates: int, away: float) -> None:
    with sync_playwright() as playwright, opened(playwright) as browser:
        for _ in range(rounds):
            visit = first_visit(browser, system.dashboard)
            series.add("first paint", "ms", visit.paint_ms, "lower", TARGET_PAINT_MS)
            series.add("first visit", "KB", visit.kilobytes, "lower", plotly_kilobytes())
            series.add("frames with a full day", "a second", visit.frames, "higher", TARGET_FRAMES)
            series.add("main thread of the tab", "ms a second", visit.busy_ms, "lower")
        before, after = tab_memory(browser, system.dashboard, updates)
        series.add("tab memory before a day", "MiB", before, "lower")
        series.add("tab memory after a day", "MiB", after, "lower")
        with watched(browser, system.dashboard) as live_again:
            system.restart_dashboard(away)
            series.add("back to live", "s", live_again(), "lower", TARGET_BACK_SECONDS)


def _evening() -> tuple[str, int]:
    """A zone in which it is late now, so that the day is nearly full, and its hour."""
    hour = datetime.now(UTC).hour
    ahead = min(14, max(-12, 23 - hour))
    # The sign of these names is the other way round.
    return f"Etc/GMT{-ahead:+d}", (hour + ahead) % 24


def _today(zone: str) -> datetime:
    ahead = -int(zone.removeprefix("Etc/GMT"))
    return datetime.now(UTC) + timedelta(hours=ahead)


def _fill(system: System, zone: str) -> None:
    local = _today(zone)
    minutes = local.hour * 60 + local.minute
    now = datetime.now(UTC)
    seeded = random.Random(86_400)
    documents: list[dict[str, Any]] = [
        {
            "businessDay": local.date().isoformat(),
            "date": at,
            "receivedAt": at,
            "storedAt": at + timedelta(milliseconds=seeded.lognormvariate(3, 0.6)),
            "grossMinor": Int64(seeded.randint(10_000, 40_000)),
        }
        for ago in range(minutes)
        # A rough line costs the browser more than a smooth one, and is what a day looks like.
        for at in [now - timedelta(minutes=ago)] * seeded.randint(2, 6)
    ]
    with MongoClient[dict[str, Any]](system.mongo_url) as client:
        database = client[system.environ.get("MONGO_DATABASE", "tillstream")]
        database.receipts.insert_many(documents)
    # Read once a day: a fresh process reads what is there now.
    system.restart_dashboard()


@contextmanager
def _publishing(system: System, zone: str) -> Iterator[None]:
    ended = threading.Event()

    def publish() -> None:
        with system.channel() as channel:
            number = 0
            while not ended.wait(0.5):
                number += 1
                day = _today(zone).date().isoformat()
                for exchange, body in snapshots(day, zone, time.time(), number).items():
                    broker.publish_snapshot(channel, exchange, body)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        time.sleep(3)  # the feeds are live, the history is read
        yield
    finally:
        ended.set()
        thread.join(10)


async def _viewers(system: System, seconds: float) -> tuple[float, float, float]:
    """Cores of the server, bytes an update, updates a viewer and second."""
    got = {"bytes": 0, "frames": 0}
    counting = asyncio.Event()
    limits = httpx.Limits(max_connections=VIEWERS)
    plain = {"Accept-Encoding": "identity"}
    async with httpx.AsyncClient(timeout=10, limits=limits, headers=plain) as client:

        async def view() -> None:
            async with client.stream("GET", f"{system.dashboard}/stream") as answer:
                async for chunk in answer.aiter_raw():
                    if counting.is_set():
                        got["bytes"] += len(chunk)
                        got["frames"] += chunk.count(b"\nid: ") + chunk.startswith(b"id: ")

        viewers = [asyncio.create_task(view()) for _ in range(VIEWERS)]
        await asyncio.sleep(3)
        counting.set()
        meter = Meter({"dashboard": system.pids()["dashboard"]})
        await asyncio.sleep(seconds)
        cores = meter.read().cores["dashboard"]
        counting.clear()
        for viewer in viewers:
            viewer.cancel()
        await asyncio.gather(*viewers, return_exceptions=True)
    frames = max(got["frames"], 1)
    return cores, got["bytes"] / frames, frames / VIEWERS / seconds


def _accelerate(system: System, zone: str, updates: int) -> None:
    """A day's updates in a minute, each newer than the one before."""
    began = time.monotonic()
    with system.channel() as channel:
        for number in range(updates):
            day = _today(zone).date().isoformat()
            bodies = snapshots(day, zone, time.time(), number)
            name = FEEDS[number % len(FEEDS)]
            broker.publish_snapshot(channel, name, bodies[name])
            ahead = number / UPDATES_PER_SECOND - (time.monotonic() - began)
            if ahead > 0.02:
                channel.connection.sleep(ahead)
