"""The operations page beside the real workers: queues, marks, the last proof, a killed worker."""

import contextlib
import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from pika.adapters.blocking_connection import BlockingConnection
from playwright.sync_api import Browser, Page
from pymongo import MongoClient

from analytics.counting.folds import WHOLE_DAY
from analytics.ledger.ledger_file import Ledger, Progress
from tests.support.dashboards import Dashboard, attribute, changed_at, viewing, watch_for
from tests.support.processes import running
from tests.support.receipts import receipt, stamped
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import Figures
from tillstream.receivers.snapshots import ReceiverFigures, ReceiversSnapshot, RefusedSnapshot
from tillstream.runtime import data_folder

#: What the connectors' worker and a door say of deliveries; their times are ahead, so that
#: no slow machine makes doors end.
DELIVERED = (
    ReceiversSnapshot(
        receivers=(
            ReceiverFigures(
                receiver="shopify",
                taken=1812,
                passed_over=31,
                apart=2,
                receipts=1900,
                reversals=40,
                fetching=2,
                set_aside=1,
                newest=1795247990.5,
            ),
        ),
        outbox=0,
        as_of=time.time(),
    ),
    RefusedSnapshot(
        door="1-1", refused={"shopify": {"signature": 2, "unsigned": 10}}, as_of=time.time() + 3600
    ),
    RefusedSnapshot(door="1-2", refused={"odoo": {"signature": 3}}, as_of=time.time() + 3600),
)


def queue(page: Page) -> list[Any]:
    """Name, messages and consumers of the queue of the persistence worker, as the page has them."""
    rows = json.loads(attribute(page, "queues", "value") or "[]")
    return next((row for row in rows if row[0] == topology.PERSISTENCE_QUEUE), [])


def verify(environ: dict[str, str]) -> tuple[int, str]:
    """Exit status and last line of `python -m analytics verify`."""
    ran = subprocess.run(
        [sys.executable, "-m", "analytics", "verify"],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout.strip().splitlines()[-1]


def proof(page: Page, status: int) -> tuple[str, str]:
    """Verdict and line of the proof once it has this exit status."""
    page.wait_for_selector(f'#proof[data-state="live"][data-value="{status}"]', timeout=15_000)
    return page.inner_text("#proof"), page.inner_text("#proof-line")


def test_the_page_tells_of_queues_marks_the_last_verify_and_a_killed_worker(
    broker: BlockingConnection,
    mongo_url: str,
    mongo_database: str,
    browser: Browser,
    room_settings: dict[str, str],
) -> None:
    environ = {**room_settings, "STORE_TIMEZONE": "UTC"}
    now = time.time()
    wall = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
    channel = broker.channel()
    dashboard = Dashboard(**environ)
    with (
        running("analytics", "totals", **environ) as totals,
        running("analytics", "rate", **environ),
    ):
        dashboard.start()
        with viewing(browser, dashboard.url, path="operations", locale="en-GB") as page:
            for number in (1, 2, 3):
                marks = ["clock-ahead", "tenders"] if number == 3 else ["tenders"]
                sold = receipt(number, cents=100 * number, date=wall, marks=marks)
                body = stamped(sold, now)
                channel.basic_publish(topology.RECEIPTS, "", body)
            wait_until(lambda: queue(page)[1:] == [3, 0], 30, "three messages that wait")
            page.wait_for_selector("#marks-rows th")
            marked = page.inner_text("#marks-rows").split("\n")
            with running("persistence", **environ):
                wait_until(lambda: queue(page)[1:] == [0, 1], 30, "none that waits")
                page.wait_for_selector('#ledger-lag[data-value="0"]', timeout=15_000)
                ran = verify(environ)
                shown = proof(page, 0)
                with MongoClient[dict[str, Any]](mongo_url) as client:
                    receipts = client[mongo_database]["receipts"]
                    receipts.update_one({"number": "2"}, {"$inc": {"grossMinor": 1}})
                ran_again = verify(environ)
                shown_again = proof(page, 1)
                differing = page.inner_text("#proof-rows").split("\t")
            watch_for(page, "feed-breakdowns", "stale")
            totals.kill()
            killed = time.time()
            page.wait_for_selector('#feed-breakdowns[data-state="stale"]', timeout=10_000)
            stale_after = changed_at(page) - killed
            page.wait_for_selector('#duplicates[data-state="stale"]', timeout=1_000)
            rate = attribute(page, "receipts-per-minute", "state")
            with running("analytics", "totals", **environ):
                page.wait_for_selector('#duplicates[data-state="live"]', timeout=20_000)
        dashboard.close()

    assert "live" == rate
    assert stale_after < 3.0

    assert [
        "tenders\tthe payments do not add up to the gross\t3\t€6.00",
        "clock-ahead\tdated ahead of the door's clock\t1\t€3.00",
    ] == marked
    assert ((0, "✓ All books agree"), (1, "✗ The books do not agree")) == (
        (ran[0], shown[0]),
        (ran_again[0], shown_again[0]),
    )
    assert (
        f"{ran[1]} · 0 differences · exit status 0",
        f"{ran_again[1]} · 1 difference · exit status 1",
    ) == (shown[1], shown_again[1])
    assert ["archive: receipts and cents", "(3, 600)", "(3, 601)"] == [
        differing[0],
        *differing[3:],
    ]


def test_what_was_accepted_and_does_not_count_is_told_with_its_reason(
    broker: BlockingConnection, browser: Browser, tmp_path: Path, room_settings: dict[str, str]
) -> None:
    environ = {**room_settings, "STORE_TIMEZONE": "UTC"}
    data_folder.note_current(tmp_path)
    full = CurrencyDay(date(2026, 2, 3))
    path = tmp_path / "analytics" / "totals.sqlite3"
    path.parent.mkdir()
    with Ledger(path) as ledger:
        ledger.begin()
        # A day whose figure has no room for one more receipt, of a log that was replaced once.
        ledger.write_totals(full, [(WHOLE_DAY, Figures(1, 1_000, 2**63 - 10, 0))])
        ledger.write_progress(Progress(log_epoch=1))
        ledger.commit()
    now = time.time()
    wall = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
    bodies = [
        stamped(receipt(1, cents=100, date=wall), now),
        stamped(receipt(1, cents=200, date=wall), now),
        stamped(receipt(2, date=f"{full} 08:00:00"), now),
        b"no receipt <b>at all</b>",
    ]
    channel = broker.channel()
    with (
        contextlib.closing(Dashboard(**environ)) as dashboard,
        running("analytics", "totals", **environ),
        running("analytics", "rate", **environ),
        running("persistence", **environ),
    ):
        dashboard.start()
        sized = {"width": 1440, "height": 1500}
        with viewing(
            browser, dashboard.url, path="operations", locale="en-GB", viewport=sized
        ) as page:
            page.wait_for_selector('#aside[data-state="live"]', timeout=20_000)
            nothing = page.inner_text("#aside-rows")
            for body in bodies:
                channel.basic_publish(topology.RECEIPTS, "", body)
            # Whoever has the depths hears the exchange, too.
            page.wait_for_selector('#queues:not([data-state="waiting"])', timeout=20_000)
            for snapshot in DELIVERED:
                channel.basic_publish(topology.RECEIVERS, "", msgspec.json.encode(snapshot))
            wait_until(lambda: page.locator("#receivers-rows tr").count() == 2, 30, "two rows")
            delivered = [
                each.split("\t") for each in page.inner_text("#receivers-rows").split("\n")
            ]
            wait_until(lambda: page.locator("#aside-rows tr").count() == 3, 30, "three rows")
            rows = [each.split("\t") for each in page.inner_text("#aside-rows").split("\n")]
            page.wait_for_selector("#log-epoch:visible")
            epoch = attribute(page, "log-epoch", "value"), page.inner_text("#log-epoch")

    assert "none" == nothing
    # A browser shows two spaces as one.
    assert [
        ["set aside", f"FigureFullError: day of {full} is too large for one more receipt", "1"],
        ["conflict", "an identity came again with other content", "1"],
        ["dead letter", "JSON is malformed: invalid character (byte 4)", "1"],
    ] == [row[:3] for row in rows]
    assert (
        [
            ["odoo", "0", "0", "0", "3", "0", "–"],  # noqa: RUF001 - nothing known
            ["shopify", "1,812", "1,900", "2", "12", "1"],
        ]
        == [delivered[0], delivered[1][:6]]
    )
    # The ledger keeps no time of what it sets aside.
    assert [False, True, True] == [":" in row[3] for row in rows]
    assert ("1", "The log was replaced or has lost its end, so often: 1") == epoch
