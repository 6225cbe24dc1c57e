"""Attribution in the events worker, on real servers: told, stored and counted, each change once."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pika.adapters.blocking_connection import BlockingConnection

from events.settings import STATE
from tests.support import clicks_world as shop
from tests.support.frozen_mongo import frozen
from tests.support.processes import running
from tests.support.stored_checkouts import Client, StoredCheckouts
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.log.continuity import Log
from tillstream.log.whole_log import read_log
from tillstream.streams.changes import MODELS, WHOLE_CREDIT
from tillstream.streams.window_rows import instant

AWAY_SECONDS = 15.0


@pytest.fixture
def environ(room_settings: dict[str, str]) -> dict[str, str]:
    return {**room_settings, "STREAMS_DIR": str(shop.STREAMS)}


@pytest.fixture
def client(mongo_url: str) -> Iterator[Client]:
    with Client(mongo_url, tz_aware=True) as client:
        yield client


@pytest.fixture
def seen(
    broker: BlockingConnection, client: Client, mongo_database: str, tmp_path: Path
) -> StoredCheckouts:
    return StoredCheckouts(broker, client, mongo_database, tmp_path / STATE)


def test_a_purchase_has_a_row_at_once_that_follows_what_comes_until_it_is_final(
    environ: dict[str, str], seen: StoredCheckouts
) -> None:
    noon, minute = shop.NOON, shop.MINUTE
    with running("events", "worker", "--no-archive", **environ):
        seen.send("clicks", shop.click(1, "ann", noon - minute, "Google Ads"))
        seen.send("purchases", shop.purchase(1, "ann", noon, quantity=2))
        early = seen.wait("b1", source="Google Ads", is_final=False)
        seen.send("purchases", shop.purchase(2, "ben", noon))
        alone = seen.wait("b2", source=None, touches=0)
        # Out of order, and at the other end of the window; the product comes last.
        seen.send("clicks", shop.click(2, "ben", noon - shop.WINDOW, "Facebook Post"))
        seen.wait("b2", source="Facebook Post", missing="products")
        seen.send("products", shop.product(0))
        seen.wait("b2", category="Books", missing=None)
        seen.wait("b1", category="Books", missing=None)
        # Time goes on.
        seen.send("clicks", shop.click(3, "cleo", noon + 30 * minute, "Unknown"))
        seen.send("purchases", shop.purchase(3, "cleo", noon + 30 * minute))
        final = seen.wait("b1", is_final=True)
        seen.wait("b2", is_final=True)
        # Late: the click changes nothing that is final, the purchase is final at once.
        seen.send("clicks", shop.click(4, "ann", noon + 25 * minute, "Late"))
        seen.send("purchases", shop.purchase(4, "dan", noon + minute))
        seen.wait("b4", is_final=True, is_late=True)
        after = seen.stored("b1")
        wait_until(lambda: "b4" in seen.credited(), 30, "its credits")
        credited = seen.credits.find_one({"_id": "b2"}) or {}

    assert (None, "products") == (early["category"], alone["missing"])
    assert final == after
    # The channel of no click, which it had at first, is gone.
    assert [{"channel": "Facebook Post", **dict.fromkeys(MODELS, WHOLE_CREDIT)}] == credited[
        "credits"
    ]
    assert not {"user_id", "is_final"} & credited.keys()
    assert instant(noon) == final["purchase_time"]
    assert "25.00" == str(final["total"])


def test_rows_are_single_and_exact_whatever_step_the_worker_is_killed_before(
    amqp_url: str, environ: dict[str, str], seen: StoredCheckouts
) -> None:
    minute = shop.MINUTE

    def send(number: int) -> None:
        time_ = shop.NOON + number * minute // 2
        user = f"u{number % 2}"
        seen.send("purchases", shop.purchase(number, user, time_, quantity=1 + number))
        seen.send("clicks", shop.click(number, user, time_ - minute, f"s{number % 3}"))

    seen.send("products", shop.product(0))
    # Before the commit nothing is kept, as test_attributions_are_exact has it step by step.
    for step in range(6, 11):
        send(step)
        killed = subprocess.run(
            [sys.executable, "-m", "tests.support.killed_worker", str(step)],
            env=os.environ | environ,
            timeout=60,
            check=False,
        )
        assert -9 == killed.returncode
    with running("events", "worker", **environ):
        send(11)
        wait_until(seen.is_settled, 30, "everything stored and counted")
    log = topology.EVENTS_LOG
    last = Log(amqp_url, log).last_offset()
    batches = read_log(amqp_url, threading.Event(), last, 0, log)
    rows = shop.rows_of(one for some in batches for one in some)
    signs: Counter[str] = Counter()
    for row in rows:
        signs[row["purchase_id"]] += row["sign"]

    assert {f"b{number}": 1 for number in range(6, 12)} == dict(signs)


def test_rows_go_on_while_mongodb_is_away_and_it_gets_the_newest(
    environ: dict[str, str], seen: StoredCheckouts, client: Client
) -> None:
    with running("events", "worker", "--no-archive", **environ):
        seen.send("products", shop.product(0))
        seen.send("purchases", shop.purchase(0, "ann", shop.NOON))
        seen.wait("b0", source=None)
        with frozen(client):
            deadline = time.monotonic() + AWAY_SECONDS
            number = 0
            while time.monotonic() < deadline:
                number += 1
                seen.send("clicks", shop.click(number, "ann", shop.NOON - number, f"s{number}"))
                seen.send("purchases", shop.purchase(number, "ann", shop.NOON + number))
                wait_until(seen.is_counted, 30, "the windows")
        wait_until(seen.is_settled, 30, "everything stored and counted")
