"""What the live page costs its viewer's browser: headless Chromium without a GPU, 1440x900."""

import gzip
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, NamedTuple

from playwright.sync_api import Browser, CDPSession, Page, Playwright

LIVE = '#status[data-state="live"]'
LIVE_TIMEOUT_MS = 30_000
#: Counts what the browser draws in ten seconds.
FRAMES = """() => new Promise(done => {
  const began = performance.now(); let frames = 0;
  const count = () => {
    frames += 1;
    const passed = performance.now() - began;
    if (passed < 10000) requestAnimationFrame(count); else done(frames * 1000 / passed);
  };
  requestAnimationFrame(count);
})"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
#: Keeps the page's stream and its newest message at hand.
HELD_STREAM = """window.EventSource = class extends EventSource {
  constructor(url) {
    super(url);
    window.benchStream = this;
    this.addEventListener('message', event => { window.benchMessage = event.data; });
  }
};"""
#: Hands the page further frames, a second apart by their own time, as fast as it takes them.
FURTHER = """updates => new Promise(done => {
  const stream = window.benchStream, frame = JSON.parse(window.benchMessage);
  const hear = stream.onmessage;
  stream.onmessage = null;
  let number = 0;
  const more = () => {
    for (let i = 0; i < 40 && number < updates; i += 1, number += 1) {
      const at = frame.at + 1;
      const [, cents, receipts] = frame.minutes[frame.minutes.length - 1];
      Object.assign(frame, {
        seq: frame.seq + 1, at, data_time: at, whole: false,
        minutes: [[Math.floor(at / 60) * 60, cents + 862, receipts + 1]],
        rates: [[Math.floor(at / 10) * 10, 1900 + number % 90]],
        delays: [[Math.floor(at / 10) * 10, 12, 30, 50 + number % 7]],
      });
      for (const feed of Object.values(frame.feeds)) feed[1] = at;
      hear({data: JSON.stringify(frame)});
    }
    if (number < updates) setTimeout(more, 0); else setTimeout(done, 1000);
  };
  more();
})"""


class Visit(NamedTuple):
    """A first visit with a cold cache, and ten seconds of looking."""

    paint_ms: float
    kilobytes: float
    frames: float
    #: What the page's own thread works, ms a second.
    busy_ms: float


@contextmanager
def opened(playwright: Playwright) -> Iterator[Browser]:
    """Chromium of the machine."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    arguments = ["--headless", "--no-sandbox", "--disable-gpu"]
    browser = playwright.chromium.launch(executable_path=path, args=arguments)
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def _page(browser: Browser) -> Iterator[tuple[Page, CDPSession]]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    try:
        page = context.new_page()
        yield page, context.new_cdp_session(page)
    finally:
        context.close()


def first_visit(browser: Browser, url: str) -> Visit:
    """First paint, bytes until it is live, then frames and work a second."""
    carried: list[float] = []

    def loaded(event: dict[str, Any]) -> None:
        carried.append(event["encodedDataLength"])

    with _page(browser) as (page, session):
        session.on("Network.loadingFinished", loaded)
        session.send("Network.enable")
        session.send("Performance.enable")
        page.goto(url)
        page.wait_for_selector(LIVE, timeout=LIVE_TIMEOUT_MS)
        paint = float(page.evaluate(PAINT))
        kilobytes = sum(carried) / 1000
        # The morning is drawn once, then the day goes on.
        page.wait_for_timeout(2000)
        busy, began = _task_seconds(session), time.monotonic()
        frames = float(page.evaluate(FRAMES))
        passed = time.monotonic() - began
        busy_ms = 1000 * (_task_seconds(session) - busy) / passed
    return Visit(paint, kilobytes, frames, busy_ms)


def plotly_kilobytes() -> float:
    """Plotly's full bundle as a server would send it."""
    bundle = files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    return len(gzip.compress(bundle)) / 1000


def tab_memory(browser: Browser, url: str, updates: int) -> tuple[float, float]:
    """The tab's heap in MiB, before and after so many further frames."""
    with _page(browser) as (page, session):
        page.add_init_script(HELD_STREAM)
        page.goto(url)
        page.wait_for_selector(LIVE, timeout=LIVE_TIMEOUT_MS)
        page.wait_for_timeout(3000)
        # What is compiled and kept once is there before.
        page.evaluate(FURTHER, updates // 10)
        before = _heap_mib(session)
        page.reload()
        page.wait_for_selector(LIVE, timeout=LIVE_TIMEOUT_MS)
        page.wait_for_timeout(3000)
        page.evaluate(FURTHER, updates)
        return before, _heap_mib(session)


@contextmanager
def watched(browser: Browser, url: str) -> Iterator[Callable[[], float]]:
    """An open page; what is yielded waits until it is live again and says how long, seconds."""
    with _page(browser) as (page, _):
        page.goto(url)
        page.wait_for_selector(LIVE, timeout=LIVE_TIMEOUT_MS)

        def live_again() -> float:
            began = time.monotonic()
            page.wait_for_selector(LIVE, timeout=LIVE_TIMEOUT_MS)
            return time.monotonic() - began

        yield live_again


def _task_seconds(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def _heap_mib(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 2**20
