"""While receipts flow, no figure of a totals worker that is stopped or dies again and again looks
live: at each moment what is called live holds every receipt but those of the last seconds."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from playwright.sync_api import Browser, Page

from tests.support.dashboards import Dashboard, viewing, wait_for_state
from tests.support.processes import running, running_door
from tests.support.receipts import receipt
from tests.support.waiting import wait_until

#: A figure that is older than this does not look live: what is promised of a worker that falls
#: silent, and half a second until the rate worker has told of a receipt.
OLDEST_SECONDS = 3.5
#: The page is looked at so often, ms.
LOOK_MS = 50
#: Lives of a worker that starts and dies, from before its first word to after some, seconds.
LIVES = (0.8, 2.5, 1.2)
#: A worker that speaks, counts nothing and dies of the log after so many seconds.
POISONED = """
import os, runpy, sys, time
from analytics.workers.totals import TotalsWorker
began, life = [], float(sys.argv[1])
def count(self, parts):
    began.append(time.monotonic())
    if began[-1] - began[0] > life:
        os._exit(1)
TotalsWorker.count_parts = count
sys.argv = ["analytics", "totals"]
runpy.run_module("analytics", run_name="__main__")
"""
POISONED_LIFE, STANDING_LIFE = "1.5", "60"
POISONED_SECONDS = 12.0


class Shop:
    """Sends ten receipts a second and remembers when each was accepted."""

    def __init__(self, door: str) -> None:
        self._door = door
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.accepted: list[float] = []

    def __enter__(self) -> "Shop":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Send no more."""
        self._ended.set()
        self._thread.join(20)

    def before(self, at: float) -> int:
        """How many were accepted before this."""
        return sum(each < at for each in self.accepted)

    def _run(self) -> None:
        with httpx.Client(timeout=20) as client:
            while not self._ended.wait(0.1):
                wall = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
                sold = receipt(len(self.accepted) + 1, cents=100, date=wall)
                assert 202 == client.post(f"{self._door}/receipt", json=sold).status_code
                self.accepted.append(time.time())


class Worker:
    """The totals worker, which may be stopped, killed and started."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = os.environ | environ
        self.start()

    def start(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *(arguments or ("-m", "analytics", "totals"))],
            env=self._environ,
            stderr=subprocess.DEVNULL,
        )

    @property
    def dead(self) -> bool:
        return self._process.poll() is not None

    def stop(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(20)


def look(page: Page) -> None:
    """Note what the page shows, in the page itself: however slow this machine is, its clock is."""
    page.evaluate(
        """(every) => {
            window.looks = [];
            setInterval(() => {
                const of = (id) => document.getElementById(id).dataset;
                window.looks.push([Date.now() / 1000, Number(of("receipts").value),
                    of("status").state, of("receipts").state, of("categories").state]);
            }, every);
        }""",
        LOOK_MS,
    )


def lies(looks: list[list[Any]], shop: Shop) -> list[list[Any]]:
    """Looks at which old figures were called live: since when and how many were accepted."""
    found = []
    for at, shown, *states in looks:
        had = shop.before(at - OLDEST_SECONDS)
        if "live" in states and shown < had:
            found.append([round(at, 2), shown, had, *states])
    return found


@pytest.fixture
def environ(broker: BlockingConnection, room_settings: dict[str, str]) -> dict[str, str]:
    return {**room_settings, "STORE_TIMEZONE": "UTC"}


# On a busy machine each of the worker's many starts takes seconds.
@pytest.mark.timeout(300)
def test_what_looks_live_is_of_the_last_seconds_whatever_the_totals_worker_does(
    environ: dict[str, str], amqp_url: str, browser: Browser
) -> None:
    with contextlib.ExitStack() as stack:
        door = stack.enter_context(running_door(amqp_url, DATA_DIR=environ["DATA_DIR"]))
        stack.enter_context(running("analytics", "rate", **environ))
        stack.enter_context(running("persistence", **environ))
        dashboard = stack.enter_context(contextlib.closing(Dashboard(**environ)))
        worker = Worker(environ)
        stack.callback(lambda: worker.kill())
        dashboard.start()
        shop = stack.enter_context(Shop(door))
        page = stack.enter_context(viewing(browser, dashboard.url))
        wait_for_state(page, "status", "live", 30)
        look(page)
        page.wait_for_timeout(3000)

        worker.kill()
        worker.start("-c", POISONED, STANDING_LIFE)
        page.wait_for_timeout(8000)
        worker.kill()
        worker.start()
        wait_for_state(page, "status", "live", 20)

        frozen_at = time.time()
        worker.stop()
        page.wait_for_timeout(6000)
        thawed_at = time.time()
        worker.go_on()
        wait_for_state(page, "status", "live", 20)

        crashing_at = time.time()
        for life in LIVES:
            worker.kill()
            worker.start()
            page.wait_for_timeout(1000 * life)
        worker.kill()
        worker.start("-c", POISONED, POISONED_LIFE)
        while time.time() - crashing_at < sum(LIVES) + POISONED_SECONDS:
            page.wait_for_timeout(100)
            if worker.dead:
                worker.start("-c", POISONED, POISONED_LIFE)
        worker.kill()
        worker.start()
        well_at = time.time()
        wait_for_state(page, "status", "live", 40)
        shop.close()
        sent = len(shop.accepted)
        wait_until(lambda: page.evaluate("window.looks.at(-1)")[1] == sent, 20, "all of them")
        looks = page.evaluate("window.looks")

    assert [] == lies(looks, shop)
    live, stale = ("live",) * 3, ("stale",) * 3
    frozen = {
        tuple(states) for at, _, *states in looks if frozen_at + OLDEST_SECONDS < at < thawed_at
    }
    poisoned = [tuple(states) for at, _, *states in looks if well_at - 5 < at < well_at]
    assert (live, {stale}, {stale}) == (tuple(looks[0][2:]), frozen, set(poisoned))
