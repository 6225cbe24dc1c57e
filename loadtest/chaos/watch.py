"""Hears whether each component is there and has caught up, while faults are injected."""

import contextlib
import json
import threading
import time
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec
import pika.exceptions
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from loadtest.bench.private import System
from loadtest.chaos.events_book import EventsBook
from loadtest.chaos.history import History
from loadtest.chaos.observe import EVENT_WINDOWS
from loadtest.chaos.sender import Sender
from loadtest.chaos.system import DATABASE
from local import ready
from local.programs import WATCH_FILE
from local.supervisor import Condition
from tillstream import topology
from tillstream.clock import utc
from tillstream.currencies import CURRENCY
from tillstream.runtime import broker
from tillstream.snapshots import CountSnapshot, RateSnapshot
from tillstream.streams.window_rows import WindowsSnapshot

#: What is watched, by the names of their programs.
COMPONENTS = (
    "entrypoint",
    "totals",
    "rate",
    "persistence",
    "events",
    "connectors",
    "jobs",
    "dashboard",
)

#: Who is caught up has every receipt that was acknowledged so long ago, seconds.
LAG_SECONDS = 1.0
#: A snapshot that is older does not count as heard, seconds.
FRESH_SECONDS = 1.0
#: How long it is believed that the archive has caught up, seconds: a few polls.
ARCHIVED_SECONDS = 0.7
#: The rate has to hold what was acknowledged within so many seconds, of its 60: a receipt
#: whose first answer was lost came to the door some time before it was acknowledged.
RATE_SECONDS = 40.0

#: The scheduler writes every half minute that it lives, under load somewhat later, seconds.
JOBS_SECONDS = 45.0

POLL_SECONDS = 0.2
JOIN_SECONDS = 15.0

_count = msgspec.json.Decoder(CountSnapshot)
_windows = msgspec.json.Decoder(WindowsSnapshot)
_rate = msgspec.json.Decoder(RateSnapshot)


class Watch:
    """Threads that listen; use it in a `with`. Times are Unix seconds."""

    def __init__(self, system: System, history: History, sender: Sender, book: EventsBook) -> None:
        #: When each component was there and had caught up, ascending.
        self.beats: dict[str, list[float]] = {name: [] for name in COMPONENTS}
        self.beats["entrypoint"] = sender.accepted_at
        #: The newest snapshot of `count`.
        self.count: CountSnapshot | None = None
        self._system = system
        watched = json.loads((system.data_dir / WATCH_FILE).read_text())
        asked = {
            name: ready.http_ok(name, urlsplit(watched[name]).port or 0, "/health/ready")
            for name in ("dashboard", "connectors")
        }
        self._history = history
        self._book = book
        #: Bodies of events that windows are known to have.
        self._counted_bodies: set[int] = set()
        self._archived_at = 0.0
        self._stop = threading.Event()
        # A thread each: who is frozen keeps no other one from being heard.
        self._threads = [
            threading.Thread(target=self._hear_snapshots, daemon=True),
            threading.Thread(target=self._read_archive, daemon=True),
            *(threading.Thread(target=self._ask, args=each, daemon=True) for each in asked.items()),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)

    def _hear_snapshots(self) -> None:
        while not self._stop.is_set():
            try:
                with self._system.channel() as channel:
                    self._consume(channel)
            except (pika.exceptions.AMQPError, OSError):
                self._stop.wait(POLL_SECONDS)

    def _consume(self, channel: broker.BlockingChannel) -> None:
        queue = channel.queue_declare("", exclusive=True).method.queue
        for exchange in (*topology.RESULTS, topology.WINDOWS):
            channel.queue_bind(queue, exchange)
        for method, _, body in channel.consume(
            queue, auto_ack=True, inactivity_timeout=POLL_SECONDS
        ):
            if self._stop.is_set():
                return
            if method is not None:
                self._heard(method.exchange, body, time.time())

    def _heard(self, exchange: str, body: bytes, now: float) -> None:
        if exchange == topology.COUNT:
            count = _count.decode(body)
            if count.currency != CURRENCY:
                return
            self.count = count
            owed = self._history.acknowledged_by(count.as_of - LAG_SECONDS, count.day)
            if now - count.as_of < FRESH_SECONDS and count.count >= owed:
                self.beats["totals"].append(now)
        elif exchange == topology.METRICS_STORM:
            rate = _rate.decode(body)
            owed = self._history.acknowledged_by(
                rate.as_of - LAG_SECONDS
            ) - self._history.acknowledged_by(rate.as_of - RATE_SECONDS)
            if now - rate.as_of < FRESH_SECONDS and rate.average_per_minute >= owed:
                self.beats["rate"].append(now)
        elif exchange == topology.METRICS_DB and now - self._archived_at < ARCHIVED_SECONDS:
            self.beats["persistence"].append(now)

        elif exchange == topology.WINDOWS:
            windows = _windows.decode(body)
            if windows.window == "chaos_bodies":
                self._counted_bodies.update(row["number"] for row in windows.rows)
            newest = self._book.newest(windows.as_of - LAG_SECONDS)
            if now - windows.as_of < FRESH_SECONDS and (
                newest is None or newest in self._counted_bodies
            ):
                self.beats["events"].append(now)

    def _read_archive(self) -> None:
        with MongoClient[dict[str, Any]](
            self._system.mongo_url, serverSelectionTimeoutMS=1000, socketTimeoutMS=1000
        ) as client:
            receipts, windows = client[DATABASE].receipts, client[DATABASE][EVENT_WINDOWS]
            while not self._stop.wait(POLL_SECONDS):
                key = self._history.newest(time.time() - LAG_SECONDS)
                with contextlib.suppress(PyMongoError):
                    since = utc(time.time() - JOBS_SECONDS)
                    if client[DATABASE].jobs.find_one({"seenAt": {"$gt": since}}, {"_id": 1}):
                        self.beats["jobs"].append(time.time())
                with contextlib.suppress(PyMongoError):
                    if key is None or receipts.find_one({"_id": key}, {"_id": 1}):
                        self._archived_at = time.time()
                    # What was told while this was not connected.
                    body = self._book.newest(time.time() - LAG_SECONDS)
                    if body is not None and body not in self._counted_bodies:
                        self._counted_bodies.update(
                            each["number"] for each in windows.find({"number": body}, {"number": 1})
                        )

    def _ask(self, name: str, condition: Condition) -> None:
        while not self._stop.wait(POLL_SECONDS):
            if condition.holds():
                self.beats[name].append(time.time())
