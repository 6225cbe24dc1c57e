"""Every page at both sizes in both themes, for the documents: DASHBOARD_PICTURES=docs/images."""

import contextlib
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from pika.adapters.blocking_connection import BlockingConnection
from PIL import Image
from playwright.sync_api import Browser, Page
from pymongo import MongoClient

from dashboard import app, routes
from dashboard.archive.filtered_day import FilteredDays
from dashboard.archive.filters import Filters
from dashboard.archive.queue_watch import QueueWatch
from dashboard.archive.receipts import Receipts
from dashboard.archive.replay import Replays
from dashboard.pages.addresses import receipt_path
from dashboard.pages.router import Pages
from dashboard.state.store_days import StoreDays
from dashboard.stream import Broadcaster
from local.ports import free_port
from tests.e2e.stage import DAY, MOMENT, PARIS, Stage
from tests.support.dashboards import wait_for_state
from tests.support.day_figures import keep_figures
from tests.support.processes import answers
from tests.support.waiting import wait_until
from tillstream import archive, topology, verify_report
from tillstream.clock import BusinessDay
from tillstream.figures_reader import FiguresReader
from tillstream.runtime import broker, ports
from tillstream.stores import StoreTable
from tillstream.verify_report import Proof

pytestmark = pytest.mark.skipif(
    "DASHBOARD_PICTURES" not in os.environ,
    reason="pictures are made when DASHBOARD_PICTURES is set",
)

SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
THEMES = ("dark", "light")
DATABASE = "dashboard-pictures"
#: Colours of a kept picture: flat cards need no more, and it is less than half the size.
COLOURS = 256


def proved() -> Proof:
    """The last `verify`, some minutes ago."""
    return Proof(
        started_at=MOMENT - 1260,
        ended_at=MOMENT - 1251,
        exit_status=0,
        verdict=(
            "accepted 284310, stored 284310, counted 284310, duplicates 5, conflicts 1,"
            " dead-lettered 0, lost 0, double-counted 0"
        ),
        differences=0,
        named=(),
    )


def keep(page: Page, path: Path, full_page: bool = False) -> None:
    """A screenshot with few colours."""
    shot = Image.open(BytesIO(page.screenshot(full_page=full_page)))
    # By coverage: the median cut would lose a small green dot among many greys.
    few = shot.convert("RGB").quantize(
        COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE
    )
    few.save(path, optimize=True)


@contextlib.contextmanager
def performing(
    stage: Stage,
    client: MongoClient[dict[str, Any]],
    amqp_url: str,
    connection: BlockingConnection,
) -> Iterator[str]:
    """The pages of the stage; yields their URL."""
    broadcaster = Broadcaster(stage.model, stage.now, max_viewers=10)
    table = StoreTable(BusinessDay(PARIS), {})
    days = StoreDays(table, stage.model, stage.now)
    keep_figures(client[DATABASE], table)
    ended = threading.Event()
    watch = QueueWatch(client, DATABASE, stage.model, stage.now, ended)
    pages = Pages(stage.model, days, Receipts(client, DATABASE), watch.caught_up_at)
    filtered = FilteredDays(client, DATABASE, FiguresReader(client[DATABASE]), table, stage.now)
    filters = Filters(stage.model, days, filtered, stage.now)
    config = uvicorn.Config(
        app.build(
            broadcaster,
            pages,
            filters,
            lambda: True,
            stage.now,
            also=[
                routes.operation(watch),
                routes.replay(lambda _: Replays(client, DATABASE, BusinessDay(PARIS), stage.now)),
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
            connection.process_data_events(0)

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


def test_pictures_of_the_pages(browser: Browser, mongo_url: str, amqp_url: str) -> None:
    folder = Path(os.environ["DASHBOARD_PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    overflow = {}
    with (
        MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client,
        contextlib.closing(broker.connect(amqp_url, "pictures")) as connection,
    ):
        channel = connection.channel()
        broker.declare(channel)
        # Its queue shall have the consumer that it has on a healthy system.
        channel.basic_consume(topology.PERSISTENCE_QUEUE, lambda *_: None)
        stage = Stage(client[DATABASE]["receipts"].insert_many)
        client[DATABASE][archive.PROOFS].insert_one(verify_report.document(proved()))
        pages = {
            "live": ("", "#categories-plot .bartext"),
            "filtered": ("?category=Pain", "#vat-rows td.number"),
            "operations": ("operations", "#gaps-rows th"),
            "store": ("store/3", "#store-latest a"),
            "receipt": (receipt_path(stage.receipt)[1:], "#slip"),
            "replay": (
                f"replay/{DAY - timedelta(days=7)}?at=12:30:00&play=0",
                "#replay-categories .bartext",
            ),
        }
        with (
            performing(stage, client, amqp_url, connection) as url,
        ):
            for size, (width, height) in SIZES.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height}, locale="en-GB", color_scheme="dark"
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
        client.drop_database(DATABASE)

    assert dict.fromkeys(overflow, 0) == overflow
