"""Every page at both sizes in both themes, for the documents: DASHBOARD_PICTURES=docs/images."""

import json
import math
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import uvicorn
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from pymongo import MongoClient

from dashboard import app, routes
from dashboard.archive import Archive
from dashboard.filters import Filters
from dashboard.model import Model
from dashboard.narrow import Narrower
from dashboard.pages import Pages
from dashboard.replay import Replays
from dashboard.series import Values
from dashboard.stream import Broadcaster
from dashboard.views import receipt_path
from dashboard.watch import Watch
from generator import chain
from generator.counters import MemoryCounters
from generator.receipts import Tills
from persistence.entries import entry
from tests import snapshots
from tests.dashboards import wait_for_state
from tests.e2e.browser import FLAGS
from tests.processes import answers, free_port
from tests.waiting import wait_until
from tillstream import broker, ports, proofs
from tillstream.clock import BusinessDay, utc
from tillstream.proofs import Proof
from tillstream.snapshots import DelayFigures, DelaySnapshot
from tillstream.stores import StoreTable

pytestmark = pytest.mark.skipif(
    "DASHBOARD_PICTURES" not in os.environ,
    reason="pictures are made when DASHBOARD_PICTURES is set",
)

PARIS = ZoneInfo(snapshots.ZONE)
DAY = date(2026, 11, 21)
#: The moment of the pictures: a Saturday before lunch.
MOMENT = datetime(2026, 11, 21, 12, 39, 40, tzinfo=PARIS).timestamp()
OPENING = datetime(2026, 11, 21, 6, 30, tzinfo=PARIS).timestamp()
SHARES = {
    "Pain": 0.26,
    "Menu": 0.19,
    "Sandwich": 0.15,
    "Viennoiserie": 0.11,
    "Pizza": 0.10,
    "Pâtisserie": 0.07,
    "Boisson": 0.05,
    "Salade": 0.04,
    "Confiserie": 0.03,
}
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
THEMES = ("dark", "light")
DATABASE = "dashboard-pictures"
#: Stores of the archive, and receipts a minute of all of them.
STORES, PER_MINUTE = 12, 5
#: Colours of a kept picture: flat cards need no more, and it is less than half the size.
COLOURS = 256


def archive_days(client: MongoClient[dict[str, Any]]) -> str:
    """The day up to the moment, and the same weekday before; returns a receipt's path."""
    tills = Tills(
        chain.build(21, STORES, 3), MemoryCounters(), lambda: MOMENT, PARIS, seed=20261121
    )
    table = StoreTable(BusinessDay(PARIS), {})
    documents = []
    for days_ago, until in ((7, MOMENT + 8 * 3600), (0, MOMENT)):
        shift = days_ago * 86_400
        for minute in range(int(OPENING) - shift, int(until) - shift, 60):
            for second, issued in enumerate(tills.issue_many(PER_MINUTE, minute)):
                receipt = json.loads(issued.body) | {"receivedTime": minute + second + 0.31}
                made = entry(json.dumps(receipt).encode(), table).document()
                documents.append(made | {"storedAt": utc(minute + second + 0.33)})
    client[DATABASE]["receipts"].insert_many(documents)
    proof = Proof(
        started_at=MOMENT - 1260,
        ended_at=MOMENT - 1251,
        exit_status=0,
        verdict=(
            "accepted 284310, stored 284310, counted 284310, duplicates 0, conflicts 0,"
            " dead-lettered 0, lost 0, double-counted 0"
        ),
        differences=0,
        named=(),
    )
    client[DATABASE][proofs.COLLECTION].insert_one(proofs.document(proof))
    return receipt_path(documents[-1]["_id"])[1:]


def keep(page: Page, path: Path, full_page: bool = False) -> None:
    """A screenshot with few colours."""
    shot = Image.open(BytesIO(page.screenshot(full_page=full_page)))
    # By coverage: the median cut would lose a small green dot among many greys.
    few = shot.convert("RGB").quantize(
        COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )
    few.save(path, optimize=True)


class Stage:
    """A bakery chain's morning that did not happen, told to a model second by second."""

    def __init__(self) -> None:
        self._shift = MOMENT - time.time()
        self._random = random.Random(20261121)
        self.model = Model(BusinessDay(PARIS), MOMENT)
        self._cents = 0.0
        self._number = 0.0
        self.playing = True
        self._told = MOMENT - 3600
        self._morning()
        self.tell_until(MOMENT)

    def now(self) -> float:
        return time.time() + self._shift

    def _per_minute(self, at: float) -> float:
        hour = (at - OPENING) / 3600
        waves = 0.8 * math.exp(-((hour - 1.6) ** 2) / 0.9) + math.exp(-((hour - 6.2) ** 2) / 1.6)
        return 520 + 1500 * waves + self._random.gauss(0, 22)

    def _morning(self) -> None:
        running: dict[int, Values] = {}
        received: dict[int, Values] = {}
        delays: dict[int, Values] = {}
        for minute in range(int(OPENING), int(MOMENT) - 3600, 60):
            self._sell(self._per_minute(minute))
            running[minute // 60 * 60] = (int(self._cents), int(self._number))
            received[minute // 60 * 60] = (int(self._per_minute(minute)),)
            found = self._delay(minute).network_percentiles
            assert found is not None
            delays[minute // 60 * 60] = tuple(
                round(1000 * each, 1) for each in (found.p50, found.p95, found.p99)
            )
        week_before = {f"{hour:02}": 41_000_000 + 9_000_000 * (hour % 5) for hour in range(6, 20)}
        self.model.take_history(DAY, running, received, delays, week_before)

    def _sell(self, receipts: float) -> None:
        self._number += receipts
        self._cents += receipts * self._random.gauss(862, 30)

    def tell_until(self, now: float) -> None:
        """Each second up to `now`: what the workers would have said, and a tick."""
        while self._told < now and self.playing:
            self._told += 1
            rate = self._per_minute(self._told)
            self._sell(rate / 60)
            cents, at = int(self._cents), self._told
            shares = {name: int(cents * share) for name, share in SHARES.items()}
            for snapshot in (
                snapshots.count(at, cents, int(self._number)),
                snapshots.categories(at, snapshots.DAY, **shares),
                snapshots.rate(at, int(rate)),
                self._delay(at),
                snapshots.breakdowns(at, snapshots.DAY, **self._breakdowns(cents)),
                snapshots.tills(at, MOMENT - 1500),
            ):
                self.model.take(snapshot, at)
            self.model.tick(at)

    def _breakdowns(self, cents: int) -> dict[str, dict[str, int]]:
        hours = [self._per_minute(OPENING + 3600 * n) for n in range(7)]
        weights = {f"{6 + n:02}": rate for n, rate in enumerate(hours)}
        places = ("3", "7", "12", "9", "1", "5", "11")
        return {
            "hour": {h: int(cents * w / sum(hours)) for h, w in weights.items()},
            "store": {name: int(cents * (0.02 - n / 500)) for n, name in enumerate(places)}
            | {n: int(cents * 0.003) + 977 * int(n) for n in ("2", "4", "6", "8", "10")},
            "kind": {"returns": -cents // 400},
            "mark": {"line-gross": cents // 900, "clock-ahead": cents // 20_000},
            "vat": {"5.5": int(cents * 0.71), "10": int(cents * 0.26), "20": int(cents * 0.03)},
            "tender": {
                name: int(cents * share)
                for name, share in {"CB": 0.68, "ESPECES": 0.21, "TICKET": 0.08}.items()
            },
        }

    def _delay(self, at: float) -> DelaySnapshot:
        p50 = 0.012 + 0.002 * math.sin(at / 400) + self._random.random() * 0.002
        p95 = p50 * 2.4 + self._random.random() * 0.006
        figures = DelayFigures(p50=p50, p95=p95, p99=p95 * 1.5 + self._random.random() * 0.02)
        fields = snapshots.delay(at, p50, p95)
        return DelaySnapshot(
            connection_delay=0.03,
            connection_percentiles=DelayFigures(p50=p50 * 2, p95=p95 * 1.6, p99=p95 * 3),
            network_delay=p50,
            network_percentiles=figures,
            stored=fields.stored,
            duplicates=0,
            conflicts=0,
            dead_lettered=0,
            as_of=at,
        )


@contextmanager
def performing(stage: Stage, client: MongoClient[dict[str, Any]], amqp_url: str) -> Iterator[str]:
    """The pages of the stage; yields their URL."""
    broadcaster = Broadcaster(stage.model, stage.now, max_viewers=10)
    archive = Archive(client, DATABASE, PARIS.key, stage.now)
    ended = threading.Event()
    watch = Watch(client, DATABASE, stage.model, stage.now, ended)
    pages = Pages(stage.model, archive, stage.now)
    filters = Filters(stage.model, Narrower(client, DATABASE, PARIS, stage.now))
    config = uvicorn.Config(
        app.build(
            broadcaster,
            pages,
            filters,
            lambda: True,
            stage.now,
            also=[
                routes.operation(watch),
                routes.replay(Replays(client, DATABASE, BusinessDay(PARIS), stage.now)),
            ],
        ),
        log_config=None,
        log_level="error",
    )
    server = uvicorn.Server(config)
    port = free_port()

    def tell() -> None:
        while not ended.wait(0.2):
            stage.tell_until(stage.now())

    with ports.listen("127.0.0.1", port, "DASHBOARD_PORT") as listener:
        threads = [
            threading.Thread(target=server.run, kwargs={"sockets": [listener]}),
            threading.Thread(target=tell),
            threading.Thread(target=watch.run, args=(amqp_url,)),
        ]
        for thread in threads:
            thread.start()
        try:
            url = f"http://127.0.0.1:{port}/"
            wait_until(lambda: answers(f"{url}health/ready"), 20, "the page")
            yield url
        finally:
            ended.set()
            broadcaster.close()
            server.should_exit = True
            for thread in threads:
                thread.join(10)


def settle(page: Page, url: str, drawn: str) -> None:
    """Open the page and wait until it has drawn, and has taken its size."""
    page.goto(url)
    wait_for_state(page, "status", "live", 20)
    page.wait_for_selector(drawn, timeout=20_000)
    page.wait_for_timeout(2500)


def test_pictures_of_the_pages(chromium: str, mongo_url: str, amqp_url: str) -> None:
    folder = Path(os.environ["DASHBOARD_PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    stage = Stage()
    overflow = {}
    connection = broker.connect(amqp_url, "pictures")
    broker.declare(connection.channel())
    connection.close()
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        receipt = archive_days(client)
        pages = {
            "live": ("", "#categories-plot .bartext"),
            "filtered": ("?store=3&category=Pain", "#vat-rows td.number"),
            "operations": ("operations", "#gaps-rows th"),
            "store": ("store/3", "#store-latest td"),
            "receipt": (receipt, "#slip"),
            "replay": (
                f"replay/{DAY - timedelta(days=7)}?at=12:30:00&play=0",
                "#replay-categories .bartext",
            ),
        }
        with performing(stage, client, amqp_url) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            for size, (width, height) in SIZES.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height}, locale="en-GB"
                )
                page = context.new_page()
                for name, (path, drawn) in pages.items():
                    settle(page, url + path, drawn)
                    for theme in THEMES:
                        page.wait_for_selector(f'html[data-mantine-color-scheme="{theme}"]')
                        page.wait_for_timeout(1200)
                        keep(page, folder / f"{name}-{size}-{theme}.png", size == "phone")
                        if (name, size) == ("live", "desktop"):
                            page.evaluate("window.scrollTo(0, 900)")
                            page.wait_for_timeout(1500)
                            keep(page, folder / f"below-{size}-{theme}.png")
                            page.evaluate("window.scrollTo(0, 0)")
                        page.click("#theme-toggle")
                    overflow[name, size] = page.evaluate(
                        "document.documentElement.scrollWidth - innerWidth"
                    )
                if size == "desktop":
                    settle(page, url, pages["live"][1])
                    stage.playing = False
                    wait_for_state(page, "status", "stale", 10)
                    page.wait_for_timeout(1200)
                    keep(page, folder / "stale-desktop-dark.png")
                    stage.playing = True
                context.close()
            browser.close()
        client.drop_database(DATABASE)

    assert dict.fromkeys(overflow, 0) == overflow
