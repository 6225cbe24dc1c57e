"""Totals and rate on a real broker: state across restarts, a window that is right at once."""

import time
from functools import partial
from pathlib import Path

import pika
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.listener import Listener
from tests.support.processes import running
from tests.support.receipts import receipt, stamped
from tillstream import topology
from tillstream.snapshots import CategoriesSnapshot, CountSnapshot, RateSnapshot

ZONE = {"STORE_TIMEZONE": "Europe/Paris"}


def publish(connection: BlockingConnection, *bodies: bytes) -> None:
    with connection.channel() as channel:
        channel.confirm_delivery()
        for body in bodies:
            channel.basic_publish(
                topology.RECEIPTS,
                "",
                body,
                pika.BasicProperties(content_type="application/x-ndjson", delivery_mode=2),
                mandatory=True,
            )


def today(number: int, cents: int = 600) -> bytes:
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return stamped(receipt(number, cents=cents, date=date), time.time())


def test_totals_are_kept_across_a_restart(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    counts = Listener(broker, topology.COUNT, CountSnapshot)
    environ = {"AMQP_URL": amqp_url, "DATA_DIR": str(tmp_path)} | ZONE
    first, second = today(1), today(2, 590)
    with running("analytics", "totals", **environ):
        publish(broker, first)
        counts.wait_for(lambda snapshot: snapshot.count == 1, "the first receipt")
    publish(broker, first + b"\n" + second)
    with running("analytics", "totals", **environ):
        snapshot = counts.wait_for(lambda snapshot: snapshot.count == 2, "the second receipt")

    assert ("11.90", 1190) == (snapshot.sum, snapshot.sum_minor)


def test_totals_publish_the_categories_of_the_day(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    categories = Listener(broker, topology.CATEGORIES, CategoriesSnapshot)
    environ = {"AMQP_URL": amqp_url, "DATA_DIR": str(tmp_path)} | ZONE
    publish(broker, today(1), today(2, 590))
    with running("analytics", "totals", **environ):
        snapshot = categories.wait_for(
            lambda snapshot: sum(c.units_milli for c in snapshot.categories) == 2000, "two units"
        )

    assert [("Pain", "11.90")] == [(c.name, c.revenue) for c in snapshot.categories]


def _has(receipts: int, snapshot: CountSnapshot) -> bool:
    return snapshot.count == receipts


def test_a_change_is_told_before_the_next_half_second(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    counts = Listener(broker, topology.COUNT, CountSnapshot)
    categories = Listener(broker, topology.CATEGORIES, CategoriesSnapshot)
    told_before = 0
    with running("analytics", "totals", AMQP_URL=amqp_url, DATA_DIR=str(tmp_path), **ZONE):
        categories.wait_for(lambda _: True, "a snapshot")
        for number in range(1, 21):
            publish(broker, today(number))
            count = counts.wait_for(partial(_has, number), "the receipt")
            units = sum(c.units_milli for c in categories.poll().categories)
            told_before += units < count.units_milli

    # A receipt in the last moment of a half second is told with everything.
    assert told_before > 0


def test_a_worker_publishes_also_when_nothing_comes(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    counts = Listener(broker, topology.COUNT, CountSnapshot)
    with running("analytics", "totals", AMQP_URL=amqp_url, DATA_DIR=str(tmp_path), **ZONE):
        first = counts.wait_for(lambda _: True, "a snapshot")
        later = counts.wait_for(lambda snapshot: snapshot.as_of > first.as_of, "another one")

    assert (0, "0.00") == (later.count, later.sum)


def test_a_restarted_rate_worker_is_right_at_once(
    broker: BlockingConnection, amqp_url: str
) -> None:
    rates = Listener(broker, topology.METRICS_STORM, RateSnapshot)
    publish(broker, *(today(number) for number in range(20)))
    with running("analytics", "rate", AMQP_URL=amqp_url):
        rates.wait_for(lambda snapshot: snapshot.average_per_minute == 20, "the window")
    publish(broker, today(21))
    with running("analytics", "rate", AMQP_URL=amqp_url):
        snapshot = rates.wait_for(lambda snapshot: snapshot.average_per_minute == 21, "the window")

    assert snapshot.as_of > 0


def test_the_rate_worker_measures_received_to_counted(
    broker: BlockingConnection, amqp_url: str
) -> None:
    rates = Listener(broker, topology.METRICS_STORM, RateSnapshot)
    with running("analytics", "rate", AMQP_URL=amqp_url):
        rates.wait_for(lambda _: True, "a snapshot")
        publish(broker, today(1))
        snapshot = rates.wait_for(
            lambda snapshot: snapshot.average_ms_system is not None, "a latency"
        )

    assert 0 <= snapshot.average_ms_system < 5000
