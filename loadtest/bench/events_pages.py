"""Rows of windows over HTTP: pages of 1,000 out of hundreds of thousands."""

import http.client
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

from pymongo import MongoClient

from loadtest.bench import events_state
from loadtest.bench.event_bodies import ARROW, prepared
from loadtest.bench.event_load import EventLoad
from loadtest.bench.events_state import NotExactError
from loadtest.bench.harness import Options, Result
from loadtest.bench.observer import percentile
from loadtest.bench.private import System, running_system
from loadtest.waiting import wait_until
from local.settings import ROOT

_WINDOW = "shop_by_brand"
_DEFINITION = f"""
[[window]]
name = "{_WINDOW}"
stream = "shop"
size = "5 min"

[window.keys]
brand = "brand"

[window.measures]
nr_of_events = "count(*)"
value = "sum(price)"
"""
_BODIES, _BODY_EVENTS = 200, 8_000
_PAGE = 1_000
#: Brands of a question, and how many there are about as popular.
_BRANDS, _ALL_BRANDS = 10, 3_400
_STORED_SECONDS = 300.0
#: Of the issue.
_TARGET_MS = 100.0


def measure(options: Options, series: Result) -> None:
    """Fill the windows once, then read all of them page by page, and by brands, in each round."""
    with (
        tempfile.TemporaryDirectory(prefix="tillstream-bench-") as name,
        running_system(["entrypoint", "archive-api"], environ=_streams(Path(name))) as system,
        events_state.worker(system, archive=False),
    ):
        bodies = prepared(Path(name), options.size(_BODIES, 6), _BODY_EVENTS, ARROW)
        load = EventLoad(system.entrypoint, bodies, 2)
        load.run(options.size(20, 2))
        events_state.wait_for(system, load.figures)
        rows = _stored(system, load.figures.events)
        series.notes.append(
            f"Pages: {rows:,} windows (5 minutes by brand) of {load.figures.events:,} events, asked"
            f" of the archive's API by one client over one connection, {_PAGE:,} rows at a time:"
            f" all of them one page after the other, whose events were those that were sent; and"
            f" {_BRANDS} brands at a time."
        )
        for _ in range(options.rounds):
            _walk(series, system, rows, load.figures.events)
            _by_key(series, system, options.size(300, 20))


def _streams(folder: Path) -> dict[str, str]:
    own = folder / "streams"
    own.mkdir()
    (own / f"{_WINDOW}.toml").write_text(_DEFINITION)
    return {"STREAMS_DIR": f"{ROOT / 'streams'}:{own}"}


def _stored(system: System, events: int) -> int:
    """How many windows MongoDB has, once they have every event."""
    with MongoClient[dict[str, Any]](system.mongo_url) as client:
        windows = client["tillstream"][f"windows_{_WINDOW}"]
        total = {"$group": {"_id": None, "events": {"$sum": "$nr_of_events"}}}

        def counted() -> int:
            return sum(int(each["events"]) for each in windows.aggregate([total]))

        wait_until(lambda: counted() >= events, _STORED_SECONDS, poll_seconds=1.0)
        if (found := counted()) != events:
            raise NotExactError(f"MongoDB's windows have {found} events, sent were {events}")
        return windows.count_documents({})


def _walk(series: Result, system: System, rows: int, events: int) -> None:
    waits, found, counted = [], 0, 0
    for milliseconds, page in _pages(system):
        waits.append(milliseconds)
        found += len(page)
        counted += sum(row["nr_of_events"] for row in page)
    if (found, counted) != (rows, events):
        raise NotExactError(f"pages gave {found} rows of {counted} events, not {rows} of {events}")
    _add(series, "one after the other", waits)


def _pages(system: System) -> Iterator[tuple[float, list[dict[str, Any]]]]:
    """Milliseconds and rows of each page, from the first to the last."""
    question = {"limit": str(_PAGE)}
    with _Api(system) as api:
        while True:
            milliseconds, answer = api.ask(question)
            yield milliseconds, answer["items"]
            if answer["next"] is None:
                return
            question["cursor"] = answer["next"]


def _by_key(series: Result, system: System, times: int) -> None:
    draws = Random(1)
    waits = []
    with _Api(system) as api:
        for _ in range(times):
            # Every seventh brand of the generator has no name.
            brands = [f"brand{each}" for each in draws.sample(range(_ALL_BRANDS), _BRANDS)]
            milliseconds, _ = api.ask([("limit", str(_PAGE)), *(("brand", one) for one in brands)])
            waits.append(milliseconds)
    _add(series, f"by {_BRANDS} brands", waits)


def _add(series: Result, name: str, waits: list[float]) -> None:
    label = f"page of {_PAGE:,} rows, {name}"
    series.add(f"{label}: p50", "ms", percentile(waits, 0.5), "lower")
    series.add(f"{label}: p99", "ms", percentile(waits, 0.99), "lower", _TARGET_MS)


class _Api:
    """One kept-alive connection."""

    def __init__(self, system: System) -> None:
        port = int(system.environ["ARCHIVE_API_PORT"])
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def __enter__(self) -> "_Api":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, question: Any) -> tuple[float, dict[str, Any]]:
        """Milliseconds until the whole answer was there, and the answer."""
        started = time.perf_counter()
        self._connection.request("GET", f"/windows/{_WINDOW}?{urlencode(question)}")
        response = self._connection.getresponse()
        body = response.read()
        milliseconds = 1000 * (time.perf_counter() - started)
        if response.status != 200:
            raise NotExactError(f"{response.status} to a page: {body[:300]!r}")
        return milliseconds, json.loads(body)
