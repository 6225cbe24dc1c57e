"""The dashboard's feed on a real broker, its history on a real MongoDB, both also when away."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pika.exceptions
import pytest
from bson import Int64
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient

from dashboard.archive.history import History
from dashboard.state.feed import RESULTS
from dashboard.state.model import Model
from tests.support.relay import Relay
from tests.support.snapshots import ZONE, breakdowns, categories, count, delay, rate, tills
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.clock import BusinessDay
from tillstream.receipt import Wire
from tillstream.runtime import broker as amqp
from tillstream.runtime.feed import Feed

PARIS = ZoneInfo(ZONE)
CALENDAR = BusinessDay(PARIS)
#: A quarter past noon in Paris.
NOON = datetime(2026, 11, 21, 12, 15, tzinfo=PARIS).timestamp()
TODAY = "2026-11-21"


def publish(connection: BlockingConnection, **snapshots: Wire) -> None:
    with connection.channel() as channel:
        for exchange, snapshot in snapshots.items():
            amqp.publish_snapshot(channel, exchange.replace("_", "-"), snapshot)


@contextlib.contextmanager
def running(work: Callable[[], None], stop: threading.Event) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(20)


def values(model: Model) -> dict[str, str | None]:
    return model.frame(1, NOON, whole=True).values


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


def test_the_feed_hears_every_exchange(
    broker: BlockingConnection, amqp_url: str, stop: threading.Event
) -> None:
    model = Model(CALENDAR, NOON)
    feed = Feed(amqp_url, model.take, lambda: NOON, stop, RESULTS, "test")
    with running(feed.run, stop):
        assert feed.subscribed.wait(20)
        publish(
            broker,
            count=count(NOON, 1190, 2),
            categories=categories(NOON, Pain=1190),
            metrics_storm=rate(NOON, 420),
            metrics_db=delay(NOON, 0.0021),
            breakdowns=breakdowns(NOON, store={"1": 1190}),
            tills=tills(NOON),
        )
        wait_until(lambda: values(model)["silent-tills"], 10, "the last of them")

    frame = model.frame(1, NOON, whole=True)
    assert ({"live"}, "11.90", "420", [("Pain", "11.90")]) == (
        {feed.state for feed in frame.feeds.values()},
        frame.values["revenue"],
        frame.values["receipts-per-minute"],
        [(bar.name, bar.revenue) for bar in frame.bars],
    )


def test_what_is_no_snapshot_is_left_out_and_the_feed_goes_on(
    broker: BlockingConnection, amqp_url: str, stop: threading.Event
) -> None:
    model = Model(CALENDAR, NOON)
    feed = Feed(amqp_url, model.take, lambda: NOON, stop, RESULTS, "test")
    with running(feed.run, stop):
        assert feed.subscribed.wait(20)
        with broker.channel() as channel:
            for body in (b"", b"\xff", b"[]", b'{"sum": 6}'):
                channel.basic_publish(topology.COUNT, "", body)
        publish(broker, count=count(NOON, 1190, 2))
        revenue = wait_until(lambda: values(model)["revenue"], 10, "the snapshot after them")

    assert "11.90" == revenue


def test_the_feed_leaves_nothing_in_the_broker(
    broker: BlockingConnection, amqp_url: str, stop: threading.Event
) -> None:
    feed = Feed(amqp_url, lambda *_: None, lambda: NOON, stop, RESULTS, "test")
    with running(feed.run, stop) as thread:
        assert feed.subscribed.wait(20)

    assert not thread.is_alive()
    with broker.channel() as channel:
        channel.confirm_delivery()
        # Without a queue of ours the exchange has none, and a mandatory message comes back.
        with pytest.raises(pika.exceptions.UnroutableError):
            channel.basic_publish(topology.COUNT, "", b"{}", mandatory=True)


def test_a_feed_that_lost_its_broker_hears_again_by_itself(
    broker: BlockingConnection, amqp_url: str, stop: threading.Event
) -> None:
    parts = urlsplit(amqp_url)
    model = Model(CALENDAR, NOON)
    with Relay(parts.hostname or "", parts.port or 0) as relay:
        own = parts._replace(netloc=parts.netloc.replace(str(parts.port), str(relay.port)))
        feed = Feed(own.geturl(), model.take, lambda: NOON, stop, RESULTS, "test")
        with running(feed.run, stop):
            relay.mend()
            assert feed.subscribed.wait(20)
            relay.cut()
            feed.subscribed.clear()
            relay.mend()
            assert feed.subscribed.wait(30)
            publish(broker, count=count(NOON, 1190, 2))
            revenue = wait_until(lambda: values(model)["revenue"], 10, "a snapshot")

    assert "11.90" == revenue


def sold(collection: Any, minute: int, cents: int, day: str = TODAY) -> None:
    instant = datetime.fromtimestamp(NOON + 60 * minute, UTC)
    collection.insert_one(
        {
            "businessDay": day,
            "date": instant,
            "receivedAt": instant,
            "grossMinor": Int64(cents),
            "lines": [],
        }
    )


def history_of(model: Model, url: str, database: str, stop: threading.Event) -> History:
    return History(url, database, model, lambda: NOON, stop)


def test_history_is_the_running_sum_of_today(
    mongo_url: str, mongo_database: str, stop: threading.Event
) -> None:
    with MongoClient[dict[str, Any]](mongo_url) as client:
        receipts = client[mongo_database]["receipts"]
        sold(receipts, -3, 600)
        sold(receipts, -3, 5)
        sold(receipts, -1, 585)
        sold(receipts, -1, 99_999, day="2026-11-20")
    model = Model(CALENDAR, NOON)

    with running(history_of(model, mongo_url, mongo_database, stop).run, stop):
        wait_until(lambda: model.history_wanted(NOON) is None, 20, "the history")

    frame = model.frame(1, NOON, whole=True)
    assert (
        [
            (NOON - 180, 605, 2),
            (NOON - 120, 605, 2),
            (NOON - 60, 1190, 3),
            (NOON, 1190, 3),
        ],
        [(NOON - 120, 2), (NOON, 1)],
    ) == (frame.minutes, frame.rates)


def test_an_archive_that_was_away_is_read_when_it_is_back(
    mongo_url: str, mongo_database: str, stop: threading.Event
) -> None:
    with MongoClient[dict[str, Any]](mongo_url) as client:
        sold(client[mongo_database]["receipts"], -1, 1190)
    parts = urlsplit(mongo_url)
    model = Model(CALENDAR, NOON)
    with Relay(parts.hostname or "", parts.port or 0) as relay:
        # Direct, or the driver would go to the address that the replica set gives.
        url = f"mongodb://127.0.0.1:{relay.port}/?directConnection=true"
        started = time.monotonic()
        with running(history_of(model, url, mongo_database, stop).run, stop):
            frame = model.frame(1, NOON, whole=True)
            waited = time.monotonic() - started
            relay.mend()
            wait_until(lambda: model.history_wanted(NOON) is None, 30, "the history")

    assert ([], True, date(2026, 11, 21)) == (frame.minutes, waited < 1, CALENDAR.on(NOON))
    assert [(NOON - 60, 1190, 1), (NOON, 1190, 1)] == model.frame(2, NOON, whole=True).minutes
