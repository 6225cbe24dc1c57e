"""Spark's executors on a standalone cluster of two workers, one of them killed while it counts."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from events.settings import STATE
from events.windows.event_counter import EventCounter
from events.windows.state_file import State
from tests.conftest import missing
from tests.support import clicks_world as shop
from tests.support.books import today
from tests.support.commands import command
from tests.support.ledgers import ends, next_offsets
from tests.support.processes import running, running_door
from tests.support.published_events import publish
from tests.support.spark_cluster import SparkCluster, spark_cluster
from tests.support.stored_checkouts import Client, StoredCheckouts
from tests.support.waiting import wait_until
from tests.unit.analytics.verify.test_recount import everything
from tillstream.log.partitioned_log import receipts_log
from tillstream.log.positions import in_stream
from tillstream.runtime import data_folder
from tillstream.runtime.spark_needs import JavaMissingError, require_java
from tillstream.streams.events_log import EventsLog

#: Five JVMs and what they count, on a machine that is busy with other tests.
COUNTED_SECONDS = 240
RECEIPTS = 200
#: Messages of events that are there before Spark's query begins.
FIRST = 4
NOW = 1_800_000_000.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:
    try:
        require_java()
    except JavaMissingError as error:
        missing(str(error))
    with spark_cluster(tmp_path_factory.mktemp("spark")) as started:
        yield started


@pytest.fixture
def environ(cluster: SparkCluster, room_settings: dict[str, str]) -> dict[str, str]:
    return {
        **cluster.environ,
        **room_settings,
        "STORE_TIMEZONE": "UTC",
        "LOG_PARTITIONS": "2",
        "STREAMS_DIR": str(shop.STREAMS),
        "SPARK_BATCH_MESSAGES": "8",
        "SPARK_TRIGGER_SECONDS": "0",
        # Executors count however few they are.
        "SPARK_LEAST_EVENTS": "0",
    }


def post(receipts: list[dict[str, Any]], environ: dict[str, str]) -> None:
    with running_door(environ["AMQP_URL"], **environ) as door:
        for begin in range(0, len(receipts), 4):
            some = receipts[begin : begin + 4]
            httpx.post(f"{door}/receipts", json=some, timeout=30).raise_for_status()


@pytest.mark.timeout(500)
def test_receipts_are_exact_and_proven_through_the_death_of_an_executor(
    broker: BlockingConnection,
    cluster: SparkCluster,
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    posted = [today(number, storeID=1 + number % 12) for number in range(1, RECEIPTS + 1)]
    post(posted, environ)
    # To a door that does not remember them: others of known keys count nowhere.
    post([*(one | {"agentID": 2} for one in posted[:20]), *posted[20:40]], environ)
    end = ends(receipts_log(environ["AMQP_URL"]))
    ledger, embedded = (folder / data_folder.LEDGER for folder in (tmp_path, tmp_path / "embedded"))
    with running("persistence", **environ), running("spark", "receipts", **environ):
        wait_until(lambda: next_offsets(ledger), COUNTED_SECONDS, "a batch")
        killed = cluster.kill_executor()
        killed_at = next_offsets(ledger)
        wait_until(lambda: next_offsets(ledger) == end, COUNTED_SECONDS, "the whole log")
        executors = cluster.executors()
        verified = command("analytics", "verify", "--all", **environ)
    with running("analytics", "totals", **environ | {"DATA_DIR": str(tmp_path / "embedded")}):
        wait_until(lambda: next_offsets(embedded) == end, COUNTED_SECONDS, "the embedded engine")

    assert sum(map(in_stream, killed_at.values())) < sum(map(in_stream, end.values()))
    assert executors
    assert killed not in executors
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert everything(ledger) == everything(embedded)


@pytest.mark.timeout(500)
def test_windows_and_checkouts_are_exact_and_proven_through_the_death_of_an_executor(
    broker: BlockingConnection,
    cluster: SparkCluster,
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    world = shop.world(11)
    messages = shop.messages_of(world)
    for one in messages[:FIRST]:
        publish(broker, one)
    with Client(environ["MONGO_URL"], tz_aware=True) as client:
        seen = StoredCheckouts(broker, client, environ["MONGO_DATABASE"], tmp_path / STATE)
        seen.sent = world
        with running("spark", "windows", **environ | {"SPARK_BATCH_MESSAGES": "20"}):
            # Until the partitions, of which one is new, are level the driver reads them.
            wait_until(lambda: is_begun(tmp_path / STATE), COUNTED_SECONDS, "the first ones")
            for number, one in enumerate(messages[FIRST:]):
                publish(broker, one, number % 2)
            wait_until(seen.rows.find_one, COUNTED_SECONDS, "a row")
            counted = len(seen.checkouts())
            killed = cluster.kill_executor()
            wait_until(seen.is_settled, COUNTED_SECONDS, "every row stored and counted")
            executors = cluster.executors()
            verified = command("events", "verify", **environ)

    assert counted < len(world.events("purchases"))
    assert executors
    assert killed not in executors
    assert verified.returncode == 0, verified.stdout + verified.stderr
    with State(tmp_path / STATE, create=False) as state:
        rows = shop.counted_by_source(state)
    assert rows == embedded_rows(environ["AMQP_URL"], tmp_path / "embedded.sqlite3")


def is_begun(path: Path) -> bool:
    """Whether events are counted."""
    if not path.exists():
        return False
    with State(path, create=False) as state:
        return any(one.events for one in state.streams().values())


def embedded_rows(amqp_url: str, path: Path) -> dict[tuple[int, str | None], tuple[int, int, int]]:
    """The windows of the whole log as DuckDB counts them."""
    log = EventsLog(amqp_url)
    with State(path) as state:
        counter = EventCounter(state, shop.DEFINITIONS, lambda: NOW)
        for some in log.read(threading.Event(), log.last_offset()):
            counter.count(some)
        return shop.counted_by_source(state)
