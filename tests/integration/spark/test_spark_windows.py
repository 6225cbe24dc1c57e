"""`python -m spark windows` on real servers: killed, and without a primary, its rows are proven."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import ReadPreference

from events.settings import STATE
from events.windows.state_file import State
from tests.integration.spark.test_spark_receipts import COUNTED_SECONDS
from tests.support import clicks_world as shop
from tests.support.processes import running
from tests.support.stored_checkouts import Client, StoredCheckouts
from tests.support.waiting import wait_until

#: In the first run the executors count all; in the second the driver does, since they are few.
BY_EXECUTORS = {"SPARK_LEAST_EVENTS": "0"}


@contextmanager
def stepped_down(client: Client) -> Iterator[None]:
    """The replica set of one has no primary as long as the block lasts."""
    client.admin.command("replSetStepDown", 600, force=True)
    try:
        yield
    finally:
        client.admin.command("replSetFreeze", 0, read_preference=ReadPreference.SECONDARY)


@pytest.mark.timeout(600)
def test_windows_and_checkouts_are_exact_and_proven_through_a_kill_and_a_step_down(
    java: None,
    broker: BlockingConnection,
    mongo_url: str,
    mongo_database: str,
    tmp_path: Path,
    room_settings: dict[str, str],
) -> None:
    environ = {
        **room_settings,
        "STREAMS_DIR": str(shop.STREAMS),
        "SPARK_TRIGGER_SECONDS": "0",
    }
    noon, minute = shop.NOON, shop.MINUTE
    with Client(mongo_url, tz_aware=True) as client:
        seen = StoredCheckouts(broker, client, mongo_database, tmp_path / STATE)
        with running("spark", "windows", **environ, **BY_EXECUTORS) as driver:
            seen.send("clicks", shop.click(1, "ann", noon - minute, "Google Ads"))
            seen.send("purchases", shop.purchase(1, "ann", noon, quantity=2))
            wait_until(lambda: seen.stored("b1"), COUNTED_SECONDS, "the first row")
            seen.send("purchases", shop.purchase(2, "ben", noon))
            driver.send_signal(signal.SIGKILL)
            driver.wait(COUNTED_SECONDS)
        with running("spark", "windows", **environ) as driver:
            seen.send("clicks", shop.click(2, "ben", noon - shop.WINDOW, "Facebook Post"))
            seen.send("products", shop.product(0))
            seen.send("clicks", shop.click(3, "cleo", noon + 30 * minute, "Unknown"))
            seen.send("purchases", shop.purchase(3, "cleo", noon + 30 * minute))
            wait_until(seen.is_settled, COUNTED_SECONDS, "every row stored and counted")
            with stepped_down(client):
                seen.send("clicks", shop.click(4, "dan", noon + 31 * minute, "Google Ads"))
                seen.send("purchases", shop.purchase(4, "dan", noon + 32 * minute))
                # The micro-batch is committed, and what it made waits for MongoDB.
                wait_until(lambda: counted(tmp_path) == 4, COUNTED_SECONDS, "the batch counted")
                waits = not seen.is_outbox_empty()
            wait_until(seen.is_settled, COUNTED_SECONDS, "what waited stored, once")
            verified = subprocess.run(
                [sys.executable, "-m", "events", "verify"],
                env=os.environ | environ,
                capture_output=True,
                check=False,
                timeout=COUNTED_SECONDS,
            )
            driver.terminate()

            assert 0 == driver.wait(COUNTED_SECONDS)

    assert waits
    assert 0 == verified.returncode, verified.stderr
    assert 4 == counted(tmp_path)


def counted(data_dir: Path) -> int:
    """The purchases that the state has."""
    with State(data_dir / STATE, create=False) as state:
        return state.streams()["purchases"].events
