"""How soon the dashboard answers what its pages ask about a large chain's day.

1,000 stores with 15 categories in 16 hours and 100 products, today and 14 days before, as the
totals worker keeps them, while 70 stores a second sell; and stores with 2,000 receipts of today.
"""

import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx
from pymongo import MongoClient

from loadtest.bench import _kept_chain
from loadtest.bench.harness import Options, Result
from loadtest.bench.private import System, running_system
from loadtest.bench.usage import Meter, resident_mib

STORES, REGIONS, DAYS, RECEIPTS = 1_000, 10, 15, 2_000
SELLING_A_SECOND = 70
#: Of the issue: whatever is asked, 95 of 100 answers come within this, ms.
TARGET_MS = 1_000
ANSWER_SECONDS = 30
#: Stores that have receipts, and are asked for.
OPENED = 20


def run(options: Options) -> Result:
    """Answer times of each kind of question, and what they cost the dashboard."""
    stores = [str(number) for number in range(1, options.size(STORES, 100) + 1)]
    asked = options.size(150, 15)
    series = Result()
    series.notes += [
        f"{len(stores)} stores in {REGIONS} regions, {len(_kept_chain.CATEGORIES)} categories,"
        f" {len(_kept_chain.HOURS)} hours, {_kept_chain.PRODUCTS} products a store, {DAYS} days;"
        f" {SELLING_A_SECOND} stores a second and the chain are written anew; {OPENED}"
        f" stores with {RECEIPTS} receipts a day.",
        f"Each kind {asked} times a round, the kinds in turn, one question at a time over HTTP,"
        " each about another region, category or store than before: few answers are shared ones.",
        "The first answer of a kind, with nothing held, is of a fresh dashboard.",
    ]
    with tempfile.TemporaryDirectory(prefix="tillstream-bench-") as folder:
        file = Path(folder) / "stores.csv"
        rows = (f"{store},Region {place % REGIONS}" for place, store in enumerate(stores))
        file.write_text("\n".join(["storeID,region", *rows, ""]))
        with running_system(("dashboard",), environ={"STORES_FILE": str(file)}) as system:
            _measure(system, series, stores, asked, options.rounds)
    return series


def _measure(system: System, series: Result, stores: list[str], asked: int, rounds: int) -> None:
    now = datetime.now(UTC)
    today = now.astimezone(ZoneInfo(system.environ["STORE_TIMEZONE"])).date()
    with MongoClient[dict[str, Any]](system.mongo_url) as client:
        database = client[system.environ.get("MONGO_DATABASE", "tillstream")]
        days = [today - timedelta(days=ago) for ago in range(DAYS)]
        _kept_chain.fill_figures(database, days, stores)
        for ago in (0, 7):
            day, until = today - timedelta(days=ago), now - timedelta(days=ago)
            for store in stores[:OPENED]:
                _kept_chain.fill_receipts(database, store, day, RECEIPTS, until)
        with (
            _selling(database, today, stores),
            httpx.Client(base_url=system.dashboard, timeout=ANSWER_SECONDS) as asking,
        ):
            series.add("dashboard, nothing asked yet", "MiB", _mib(system), "lower")
            for kind, took in _asked(asking, 1).items():
                series.add(f"{kind}, first", "ms", took[0], "lower", TARGET_MS)
            for _ in range(rounds):
                meter = Meter({"dashboard": system.pids()["dashboard"]})
                answers = _asked(asking, asked)
                cpu = meter.cpu()["dashboard"]
                number = sum(map(len, answers.values()))
                for kind, took in answers.items():
                    series.add(f"{kind}, p50", "ms", _rank(took, 0.5), "lower")
                    series.add(f"{kind}, p95", "ms", _rank(took, 0.95), "lower", TARGET_MS)
                series.add("dashboard, an answer", "ms of CPU", 1000 * cpu / number, "lower")
                series.add("dashboard, all asked", "MiB", _mib(system), "lower")


def _kinds() -> dict[str, Iterator[dict[str, str]]]:
    """Endless questions of each kind, after their paths."""
    number = len(_kept_chain.CATEGORIES)

    def questions(path: str, *names: str) -> Iterator[dict[str, str]]:
        place = 0
        while True:
            all_names = {
                "category": _kept_chain.CATEGORIES[place % number],
                "region": f"Region {place % REGIONS}",
                "store": str(1 + place % OPENED),
            }
            yield {"path": path} | {name: all_names[name] for name in names}
            place += 1

    return {
        "category": questions("part", "category"),
        "region": questions("part", "region"),
        "region and category": questions("part", "region", "category"),
        "all stores": questions("part"),
        "store": questions("part", "store"),
        "store and category": questions("part", "store", "category"),
        "names offered": questions("choices"),
        "names offered of a region": questions("choices", "region"),
    }


def _asked(asking: httpx.Client, each: int) -> dict[str, list[float]]:
    """Milliseconds of each answer by kind."""
    took: dict[str, list[float]] = defaultdict(list)
    kinds = _kinds()
    for _ in range(each):
        for kind, questions in kinds.items():
            [question] = islice(questions, 1)
            path = question.pop("path")
            began = time.perf_counter()
            asking.get(f"/{path}?{urlencode(question)}").raise_for_status()
            took[kind].append(1000 * (time.perf_counter() - began))
    return took


@contextmanager
def _selling(database: _kept_chain.Documents, day: date, stores: list[str]) -> Iterator[None]:
    ended = threading.Event()

    def sell() -> None:
        place = 0
        while not ended.wait(1.0):
            some = [stores[(place + n) % len(stores)] for n in range(SELLING_A_SECOND)]
            _kept_chain.sell(database, day, some)
            place += SELLING_A_SECOND

    thread = threading.Thread(target=sell)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)


def _rank(values: list[float], part: float) -> float:
    """The nearest-rank percentile."""
    return sorted(values)[max(0, -int(-part * len(values) // 1) - 1)]


def _mib(system: System) -> float:
    return resident_mib(system.pids()["dashboard"])
