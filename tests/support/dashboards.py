"""A dashboard process, what feeds it, and a browser that looks at it."""

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
from msgspec.structs import replace
from pika.exceptions import AMQPError
from playwright.sync_api import Browser, Page

from dashboard.state.heard import Snapshot
from local.ports import free_port
from tests.support import snapshots
from tests.support.processes import answers, running
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.clock import BusinessDay
from tillstream.runtime import broker as amqp
from tillstream.runtime.periodic import DETAILS_SECONDS, SNAPSHOT_SECONDS, Every

#: Dash takes seconds to import, on a busy machine many.
START_SECONDS = 90

#: Cents by key of each breakdown.
BREAKDOWNS = {
    "hour": {"07": 50_000, "08": 73_456},
    "store": {"12": 100_000, "7": 23_456},
    "kind": {"sales": 124_646, "returns": -1_190},
    "vat": {"5.5": 110_000, "10": 13_456},
    "tender": {"CB": 100_000, "ESPECES": 23_456},
    "mark": {"tenders": 2_380, "clock-ahead": 1_190},
}
PARIS = ZoneInfo(snapshots.ZONE)


class Workers:
    """Publishes what the workers would, and as often, but the silent feeds."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.silent: set[str] = set()
        #: Cents by key of each breakdown, and seconds from the day's totals to their watermark.
        self.breakdowns = BREAKDOWNS
        self.watermark_seconds = 7.0
        #: Of the business day that they speak of.
        self.calendar = BusinessDay(PARIS)
        self.last: dict[str, float] = {}

    def __enter__(self) -> "Workers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        # As workers do: a connection that is lost is made again.
        while not self._ended.wait(0.1):
            with contextlib.suppress(AMQPError):
                self._publish()

    def _publish(self) -> None:
        connection = amqp.connect(self._url, "workers")
        channel = connection.channel()
        amqp.declare(channel)
        details_due = Every(DETAILS_SECONDS, time.time)
        while not self._ended.wait(SNAPSHOT_SECONDS):
            now = time.time()
            day = self.calendar.on(now).isoformat()
            bodies: dict[str, Snapshot] = {
                topology.COUNT: replace(
                    snapshots.count(now, 123_456, 100, day),
                    complete_until=now - self.watermark_seconds,
                ),
                topology.CATEGORIES: snapshots.categories(now, day, Pain=23_456, Menu=100_000),
                topology.METRICS_STORM: snapshots.rate(now, 420),
                topology.METRICS_DB: snapshots.delay(now, 0.0021, 0.05),
            }
            if details_due.is_due():
                bodies[topology.BREAKDOWNS] = snapshots.breakdowns(now, day, **self.breakdowns)
                bodies[topology.TILLS] = snapshots.tills(now)
            for exchange in bodies:
                if exchange not in self.silent:
                    self.last[exchange] = now
                    amqp.publish_snapshot(channel, exchange, bodies[exchange])
        connection.close()


class Dashboard:
    """A dashboard process, which can be killed and started again at the same address."""

    def __init__(self, **environ: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self._environ = environ | {"DASHBOARD_PORT": str(self.port)}
        self._stack = contextlib.ExitStack()
        self.process: subprocess.Popen[bytes]

    def start(self) -> "Dashboard":
        self.process = self._stack.enter_context(running("dashboard", **self._environ))
        wait_until(lambda: answers(f"{self.url}health/ready"), START_SECONDS, "the dashboard")
        return self

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def close(self) -> None:
        self._stack.close()


@contextlib.contextmanager
def viewing(browser: Browser, url: str, path: str = "", **context: Any) -> Iterator[Page]:
    """A fresh viewer, whose system is dark. A script error, a request to another server and one
    that is refused as wrong fail the test."""
    complaints: list[str] = []
    context = {"color_scheme": "dark"} | context
    with contextlib.closing(browser.new_context(**context)) as session:
        page = session.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if "Content Security" in message.text else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                complaints.append(request.url)
                if not request.url.startswith((url, "data:"))
                else None
            ),
        )
        page.on(
            "response",
            lambda response: (
                complaints.append(f"refused: {response.url}") if response.status == 400 else None
            ),
        )
        page.goto(url + path)
        yield page
    assert [] == complaints, complaints


def attribute(page: Page, element: str, name: str) -> str:
    return page.locator(f"#{element}").get_attribute(f"data-{name}") or ""


def states(page: Page) -> set[str]:
    """The states of everything that shows data."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('[data-feed]')].map(e => e.dataset.state)"
    )
    return set(found)


def wait_for_state(page: Page, element: str, state: str, seconds: float) -> None:
    page.wait_for_selector(f'#{element}[data-state="{state}"]', timeout=seconds * 1000)


def wait_for_truth(page: Page, expression: str, seconds: float) -> None:
    """Wait until an expression holds. The page's policy forbids eval, by which Playwright waits."""
    wait_until(lambda: bool(page.evaluate(expression)), seconds, expression)


def watch_for(page: Page, element: str, state: str) -> None:
    """Note on the page's own clock when the element comes into the state, however slow we look."""
    page.evaluate(
        """([id, state]) => new MutationObserver(() => {
            if (document.getElementById(id).dataset.state === state)
                window.changedAt = window.changedAt || Date.now() / 1000;
        }).observe(document.getElementById(id), {attributes: true})""",
        [element, state],
    )


def changed_at(page: Page) -> float:
    """When it came into that state, Unix seconds."""
    return float(page.evaluate("window.changedAt"))


def saved_workbook(page: Page) -> dict[str, list[tuple[Any, ...]]]:
    """Values of the rows of each sheet of what the page saves for Excel."""
    with page.expect_download() as download:
        page.click("#save-summary")
        page.click("#xlsx")
    # By its content: the file that the browser keeps has no ending.
    book = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes()))
    return {sheet.title: [*sheet.iter_rows(values_only=True)] for sheet in book}
