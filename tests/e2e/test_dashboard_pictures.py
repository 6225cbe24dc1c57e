"""Pictures of the page for the documents: run with DASHBOARD_PICTURES=docs/images."""

import math
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest
import uvicorn
from playwright.sync_api import Page, sync_playwright

from dashboard import app
from dashboard.archive import Archive
from dashboard.filters import Filters
from dashboard.model import Model
from dashboard.narrow import Narrower
from dashboard.pages import Pages
from dashboard.series import Values
from dashboard.stream import Broadcaster
from tests import snapshots
from tests.dashboards import wait_for_state
from tests.e2e.browser import FLAGS
from tests.processes import answers, free_port
from tests.waiting import wait_until
from tillstream import ports
from tillstream.clock import BusinessDay
from tillstream.snapshots import DelayFigures, DelaySnapshot

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
    "Bread": 0.26,
    "Set menus": 0.19,
    "Sandwiches": 0.15,
    "Viennoiserie": 0.11,
    "Pizza": 0.10,
    "Pastries": 0.07,
    "Drinks": 0.05,
    "Salads": 0.04,
    "Confectionery": 0.03,
}
SIZES = {"live": (1440, 900), "live-phone": (390, 844)}


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
        places = ("Lyon 4", "Dijon 2", "Tours 1", "Reims 3", "Lille 7", "Nice 5", "Brest 1")
        return {
            "hour": {h: int(cents * w / sum(hours)) for h, w in weights.items()},
            "store": {name: int(cents * (0.02 - n / 500)) for n, name in enumerate(places)}
            | {f"Paris {n}": int(cents * 0.003) + 977 * n for n in range(1, 6)},
            "kind": {"returns": -cents // 400},
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
def performing(stage: Stage) -> Iterator[str]:
    """The page of the stage; yields its URL."""
    broadcaster = Broadcaster(stage.model, stage.now, max_viewers=10)
    pages = Pages(stage.model, cast("Archive", None))
    filters = Filters(stage.model, cast("Narrower", None))
    config = uvicorn.Config(
        app.build(broadcaster, pages, filters, lambda: True, stage.now),
        log_config=None,
        log_level="error",
    )
    server = uvicorn.Server(config)
    port = free_port()
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(0.2):
            stage.tell_until(stage.now())

    with ports.listen("127.0.0.1", port, "DASHBOARD_PORT") as listener:
        threads = [
            threading.Thread(target=server.run, kwargs={"sockets": [listener]}),
            threading.Thread(target=tell),
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


def settle(page: Page, url: str) -> None:
    page.goto(url)
    wait_for_state(page, "status", "live", 20)
    page.wait_for_selector("#categories-plot .bartext")
    wait_until(lambda: len(page.locator(".spark[src^=data]").all()) == 6, 20, "the sparklines")
    # Two frames, so that everything has taken its size.
    page.wait_for_timeout(2500)


def test_pictures_of_the_page(chromium: str) -> None:
    folder = Path(os.environ["DASHBOARD_PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    stage = Stage()
    with performing(stage) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height}, locale="en-GB")
            settle(page, url)
            tall = width < height
            page.screenshot(path=folder / f"{name}.png", full_page=tall)
            page.click("#theme-toggle")
            page.wait_for_timeout(1500)
            page.screenshot(path=folder / f"{name}-light.png", full_page=tall)
            if not tall:
                page.evaluate("window.scrollTo(0, 800)")
                page.wait_for_timeout(1500)
                page.screenshot(path=folder / f"{name}-below-light.png")
                page.click("#theme-toggle")
                page.wait_for_timeout(1500)
                page.screenshot(path=folder / f"{name}-below.png")
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            page.close()
            assert overflow == 0
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-GB")
        settle(page, url)
        stage.playing = False
        wait_for_state(page, "status", "stale", 10)
        page.screenshot(path=folder / "live-stale.png")
        browser.close()

    assert len(list(folder.glob("live*.png"))) == 7
