"""The ledger that Spark decodes for is the totals worker's own, whatever is killed or lost when."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import AMQPError
from pyspark.sql import SparkSession

from analytics.ledger.ledger_file import Ledger
from analytics.workers.totals import OpenSource, TotalsWorker, follow_log
from spark.receipts.settings import ReceiptsSettings
from spark.receipts.source import SparkSource
from tests.support.books import today
from tests.support.ledgers import ends, next_offsets
from tests.support.processes import running, running_door
from tests.support.receipts import receipt, stamped
from tests.support.streams_on_broker import Streams
from tests.support.waiting import wait_until
from tests.unit.analytics.verify.test_recount import everything
from tillstream import codec, stores, topology
from tillstream.log.continuity import Log
from tillstream.log.partitioned_log import PartitionedLog, prepare, receipts_log
from tillstream.log.positions import Offsets, in_stream, known_as
from tillstream.receipt_message import partition_of_store
from tillstream.runtime import broker as amqp
from tillstream.runtime import data_folder

NOW = 1_795_248_000.0
#: A micro-batch of Spark's on a machine that is busy with other tests, and the first one's start.
COUNTED_SECONDS = 240
#: So small that there are several micro-batches.
BATCH_MESSAGES = 7
#: Bodies of four receipts of a morning.
POSTS = 8


def published(streams: Streams) -> int:
    """A log with everything that a log can have; gives back how many messages."""
    bodies = [stamped(receipt(number, storeID=number % 5)) for number in range(400)]
    conflicts = [stamped(receipt(number, storeID=number % 5, cents=700)) for number in range(9)]
    never = [stamped(receipt(number), received_time=1e12) for number in (900, 901)]
    messages = [
        *(b"\n".join(bodies[start : start + 20]) for start in range(0, 400, 20)),
        b"\n".join([*bodies[:5], *conflicts[:4], b"no receipt", bodies[390]]),
        b"no message",
        b"\n".join([never[0], stamped(receipt(500))]),
        *(b"\n".join(bodies[start : start + 11]) for start in range(0, 60, 11)),
        *conflicts,
        never[1],
        stamped(receipt(501)),
    ]
    for number, message in enumerate(messages):
        body, encoding = codec.pack(message) if number % 2 else (message, None)
        streams.publish(topology.RECEIPTS_LOG, [body], codec.NDJSON, encoding)
    return len(messages)


def counted(
    settings: ReceiptsSettings,
    until: Offsets,
    open_source: OpenSource,
) -> None:
    """Count the log into the ledger of `settings` up to these positions."""
    stop = threading.Event()
    path = settings.ledger_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    log = Log(settings.amqp_url)

    def work() -> None:
        connection = amqp.connect(settings.amqp_url, "tests")
        with Ledger(path) as ledger:
            table = stores.load(settings)
            worker = TotalsWorker(ledger, table, lambda: NOW, log, open_source=open_source)
            worker.run(connection, stop)
        # The broker closes one first that reads a stream.
        with suppress(AMQPError):
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        wait_until(
            lambda: not thread.is_alive() or next_offsets(path) == until,
            COUNTED_SECONDS,
            f"counted up to {until}",
        )
    finally:
        stop.set()
        thread.join(COUNTED_SECONDS)

    assert next_offsets(path) == until


def published_by_store(streams: Streams, morning: int, partitions: int) -> None:
    """Forty new receipts as the door publishes them to so many partitions, then all those of the
    mornings before, with another amount and as they were.
    """
    numbers = [1_000 * each + number for each in range(morning) for number in range(40)]
    sent = [
        *(receipt(1_000 * morning + number, storeID=1 + number % 12) for number in range(40)),
        *(receipt(number, storeID=1 + number % 1_000 % 12, cents=700) for number in numbers),
        *(receipt(number, storeID=1 + number % 1_000 % 12) for number in numbers),
    ]
    for partition in range(partitions):
        bodies = [
            stamped(one)
            for one in sent
            if partition_of_store(str(one["storeID"]), partitions) == partition
        ]
        for begin in range(0, len(bodies), 5):
            message = b"\n".join(bodies[begin : begin + 5])
            streams.publish(topology.partition_stream(partition), [message], codec.NDJSON)


def both_engines(
    spark: SparkSession, amqp_url: str, data_dir: Path
) -> tuple[ReceiptsSettings, ReceiptsSettings, Callable[[int], OpenSource]]:
    """Settings of the totals worker and of Spark, each with a ledger of its own; the function
    opens Spark's source so many messages before the ledger's positions.
    """
    own, theirs = (
        ReceiptsSettings(
            amqp_url=amqp_url,
            data_dir=data_dir / name,
            store_timezone="UTC",
            spark_batch_messages=BATCH_MESSAGES,
            spark_trigger_seconds=0,
        )
        for name in ("worker", "spark")
    )

    def opened_before(messages: int) -> OpenSource:
        def open_source(
            connection: BlockingConnection,
            log: PartitionedLog,
            positions: Callable[[], Offsets],
            _: threading.Event,
        ) -> SparkSource:
            starts = {
                number: max(known_as(number, 0), offset - messages)
                for number, offset in positions().items()
            }
            return SparkSource(spark, theirs, connection, log, starts, "SPARK_TEST_AMQP_URL")

        return open_source

    return own, theirs, opened_before


@pytest.mark.timeout(400)
def test_spark_makes_the_ledger_of_the_totals_worker_row_by_row(
    spark: SparkSession,
    broker: BlockingConnection,
    streams: Streams,
    amqp_url: str,
    tmp_path: Path,
) -> None:
    own, theirs, opened_before = both_engines(spark, amqp_url, tmp_path)
    until = published(streams)
    counted(own, {0: until}, follow_log)
    counted(theirs, {0: until}, opened_before(0))
    made = everything(theirs.ledger_path())

    assert made == everything(own.ledger_path())
    progress = made[0]
    assert (progress.undecodable, progress.set_aside) == (2, 2)
    assert min(progress.duplicates, progress.conflicts) >= 9

    # Spark begins long before the ledger's position: all of that is passed over, a part that has
    # what is known and what is not as well.
    streams.publish(topology.RECEIPTS_LOG, [stamped(receipt(600))] * 3, codec.JSON)
    counted(own, {0: until + 3}, follow_log)
    counted(theirs, {0: until + 3}, opened_before(10))

    assert everything(theirs.ledger_path()) == everything(own.ledger_path())


@pytest.mark.timeout(500)
def test_what_stands_before_a_mark_is_counted_before_what_stands_after_it(
    spark: SparkSession,
    broker: BlockingConnection,
    streams: Streams,
    amqp_url: str,
    tmp_path: Path,
) -> None:
    own, theirs, opened_before = both_engines(spark, amqp_url, tmp_path)
    for morning, partitions in enumerate((1, 3, 2)):
        prepare(amqp_url, partitions)
        published_by_store(streams, morning, partitions)
    log = receipts_log(amqp_url)
    counted(own, ends(log), follow_log)
    counted(theirs, ends(log), opened_before(0))
    made = everything(theirs.ledger_path())

    assert made == everything(own.ledger_path())
    assert [0, 1, 2] == sorted(log.last_offsets())
    assert [3, 2] == [mark.partitions for mark in log.marks]
    # Each morning had all of those before once more, and with another amount.
    progress, totals, *_ = made
    assert (progress.duplicates, progress.conflicts) == (120, 120)
    stores = [one for day in totals.values() for (by, _), one in day.items() if by == "store"]
    assert (120, 120 * 600) == (
        sum(one.receipts for one in stores),
        sum(one.gross_minor for one in stores),
    )

    # From before the last mark on: what is known there is passed over, in each partition.
    published_by_store(streams, 3, 2)
    counted(own, ends(log), follow_log)
    counted(theirs, ends(log), opened_before(10))

    assert everything(theirs.ledger_path()) == everything(own.ledger_path())


@pytest.mark.timeout(500)
def test_a_killed_driver_loses_nothing_and_counts_nothing_twice_in_one_three_and_two_partitions(
    java: None,
    broker: BlockingConnection,
    amqp_url: str,
    tmp_path: Path,
    room_settings: dict[str, str],
) -> None:
    environ = {
        **room_settings,
        "STORE_TIMEZONE": "UTC",
        "SPARK_BATCH_MESSAGES": "3",
        "SPARK_TRIGGER_SECONDS": "0",
    }
    ledger = tmp_path / data_folder.LEDGER
    posted = [today(number, storeID=1 + number % 12) for number in range(1, 3 * 4 * POSTS + 1)]
    mornings = [posted[begin : begin + 4 * POSTS] for begin in range(0, len(posted), 4 * POSTS)]
    others = [one | {"agentID": 2} for one in posted]

    def in_partitions(number: int) -> dict[str, str]:
        return environ | {"LOG_PARTITIONS": str(number)}

    def send(number: int, receipts: list[dict[str, Any]]) -> None:
        with running_door(amqp_url, **in_partitions(number)) as door:
            for begin in range(0, len(receipts), 4):
                sent = receipts[begin : begin + 4]
                httpx.post(f"{door}/receipts", json=sent, timeout=30).raise_for_status()

    send(1, mornings[0])
    # Known ones with other contents, which count nowhere, and as they were.
    send(3, [*others[: 2 * POSTS], *mornings[1], *mornings[0][2 * POSTS :]])
    with running("persistence", **environ):
        with running("spark", "receipts", **in_partitions(3)) as driver:
            wait_until(lambda: next_offsets(ledger), COUNTED_SECONDS, "a batch")
            driver.send_signal(signal.SIGKILL)
            driver.wait(COUNTED_SECONDS)
        killed_at = next_offsets(ledger)
        # Spark's notes are of batches that nobody has committed, too.
        noted = list((tmp_path / "spark" / "receipts" / "offsets").iterdir())
        send(2, [*others[4 * POSTS : 6 * POSTS], *mornings[2], *mornings[1][2 * POSTS :]])
        end = ends(receipts_log(amqp_url))
        with running("spark", "receipts", **in_partitions(2)) as driver:
            wait_until(lambda: next_offsets(ledger) == end, COUNTED_SECONDS, "the whole log")
            verified = subprocess.run(
                [sys.executable, "-m", "analytics", "verify", "--json", "--all"],
                env=os.environ | environ,
                capture_output=True,
                check=False,
                timeout=COUNTED_SECONDS,
            )
            driver.terminate()

            assert driver.wait(COUNTED_SECONDS) == 0

    assert 0 < sum(map(in_stream, killed_at.values())) < sum(map(in_stream, end.values()))
    assert noted
    assert verified.returncode == 0, verified.stderr
    report = json.loads(verified.stdout)
    names = ("accepted", "counted", "duplicates", "conflicts", "lost", "double_counted")
    assert [report[name] for name in names] == [20 * POSTS, 12 * POSTS, 4 * POSTS, 4 * POSTS, 0, 0]
