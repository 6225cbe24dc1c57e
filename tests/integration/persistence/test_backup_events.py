"""Backup and restore of events: the worker goes on from the copy, and `events verify` proves it."""

import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pika.adapters.blocking_connection import BlockingConnection

from events.settings import STATE
from tests.conftest import delete_queues
from tests.support import clicks_world as shop
from tests.support.commands import command
from tests.support.processes import running
from tests.support.stored_checkouts import Client, StoredCheckouts
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.log.continuity import Log
from tillstream.log.whole_log import read_log

BEFORE = 12


@pytest.fixture
def environ(tmp_path: Path, room_settings: dict[str, str]) -> dict[str, str]:
    return {
        **room_settings,
        "DATA_DIR": str(tmp_path / "data"),
        "STREAMS_DIR": str(shop.STREAMS),
        "STORE_TIMEZONE": "UTC",
    }


@pytest.fixture
def client(mongo_url: str) -> Iterator[Client]:
    with Client(mongo_url, tz_aware=True) as client:
        yield client


def send(seen: StoredCheckouts, number: int) -> None:
    """A purchase, and the click before it, which comes later."""
    time = shop.NOON + number * shop.MINUTE // 4
    user = f"u{number % 3}"
    seen.send("purchases", shop.purchase(number, user, time, quantity=1 + number % 3))
    seen.send("clicks", shop.click(number, user, time - shop.MINUTE, f"s{number % 3}"))


@contextmanager
def sending(seen: StoredCheckouts) -> Iterator[None]:
    """Purchases and clicks, one after the other, until the block ends."""
    over = threading.Event()

    def send_on() -> None:
        number = BEFORE
        while not over.wait(0.02):
            send(seen, number)
            number += 1

    thread = threading.Thread(target=send_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(30)


def signs(amqp_url: str) -> dict[str, int]:
    """By purchase the sum of the signs of its rows in the log: one each, where none is doubled."""
    last = Log(amqp_url, topology.EVENTS_LOG).last_offset()
    batches = read_log(amqp_url, threading.Event(), last, 0, topology.EVENTS_LOG)
    found: Counter[str] = Counter()
    for row in shop.rows_of(one for some in batches for one in some):
        found[row["purchase_id"]] += row["sign"]
    return dict(found)


def test_events_are_restored_as_of_one_moment_while_they_flow_and_verify_proves_it(
    broker: BlockingConnection,
    client: Client,
    amqp_url: str,
    mongo_database: str,
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    data_dir, backup = tmp_path / "data", tmp_path / "backup"
    seen = StoredCheckouts(broker, client, mongo_database, data_dir / STATE)
    with running("events", "worker", **environ):
        seen.send("products", shop.product(0))
        for number in range(BEFORE):
            send(seen, number)
        seen.wait("b0")
        wait_until(seen.is_settled, 30, "everything stored and counted")
        with sending(seen):
            made = command("persistence", "backup", str(backup), **environ)
    client.drop_database(mongo_database)
    delete_queues(amqp_url)
    shutil.rmtree(data_dir)

    restored = command("persistence", "restore", str(backup), **environ)
    with running("events", "worker", **environ):
        wait_until(lambda: follows(environ), 60, "the worker to count the restored log")
        # What it has made anew may be on its way to MongoDB yet.
        wait_until(
            lambda: signs(amqp_url).keys() == seen.checkouts().keys(), 30, "MongoDB to have it"
        )
        wait_until(seen.is_outbox_empty, 30, "what is made anew to be stored")
        again = command("persistence", "restore", str(backup), **environ)
    proof = command("events", "verify", **environ)

    assert (0, 0) == (made.returncode, restored.returncode), made.stderr + restored.stderr
    assert 1 == again.returncode, "over a running system"
    assert 0 == proof.returncode, proof.stdout
    found = signs(amqp_url)
    assert {f"b{number}" for number in range(BEFORE)} <= found.keys()
    assert {1} == set(found.values())
    assert found.keys() == seen.checkouts().keys()


def follows(environ: dict[str, str]) -> bool:
    """Whether `events verify` finds everything of the log counted, stored and published."""
    return command("events", "verify", **environ).returncode == 0
