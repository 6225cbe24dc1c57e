"""The programs of docs/exchanges.md on a real broker."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pika.exceptions
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.support import snapshots
from tests.support.pages import blocks
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.receipt import Wire
from tillstream.runtime.broker import publish_snapshot

THEIRS = "board-of-others"


@contextmanager
def running(name: str, **environment: str) -> Iterator["queue.Queue[str]"]:
    """A program of the page, and the lines that it prints."""
    with subprocess.Popen(
        [sys.executable, "-c", blocks("python")[name]],
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        lines: queue.Queue[str] = queue.Queue()
        assert process.stdout
        reader = threading.Thread(target=lambda out: [*map(lines.put, out)], args=[process.stdout])
        reader.start()
        try:
            yield lines
        finally:
            process.terminate()
            reader.join(10)


def told_until(
    broker: BlockingConnection, exchange: str, snapshot: Wire, lines: "queue.Queue[str]"
) -> str:
    """The first line of a program; the snapshot is repeated until then, as a worker does."""
    channel = broker.channel()

    def line() -> str | None:
        publish_snapshot(channel, exchange, snapshot)
        return None if lines.empty() else lines.get()

    return wait_until(line, 30, "the program's first line")


def test_the_pages_consumer_prints_the_day(amqp_url: str, broker: BlockingConnection) -> None:
    with running("consumer", AMQP_URL=amqp_url) as lines:
        line = told_until(broker, topology.COUNT, snapshots.count(1_795_248_000.0), lines)

    assert "2026-11-21 11.90 EUR 2\n" == line


def test_the_pages_adapter_gives_others_their_bodies_on_an_exchange_that_is_not_durable(
    amqp_url: str, broker: BlockingConnection
) -> None:
    channel = broker.channel()
    channel.exchange_declare(THEIRS, "fanout", durable=False)
    theirs = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(theirs, THEIRS)
    told = snapshots.categories(1_795_248_000.0, Pain=78_310, Sandwichs=45_120)

    def body() -> bytes | None:
        publish_snapshot(channel, topology.CATEGORIES, told)
        found: bytes | None = channel.basic_get(theirs, auto_ack=True)[2]
        return found

    with running("adapter", AMQP_URL=amqp_url, THEIR_AMQP_URL=amqp_url, THEIR_EXCHANGE=THEIRS):
        values = json.loads(wait_until(body, 30, "a body on their exchange"))
    channel.exchange_delete(THEIRS)

    assert {"Pain": 783.1, "Sandwichs": 451.2} == values


def test_who_declares_an_exchange_otherwise_is_refused_as_the_page_says(
    broker: BlockingConnection,
) -> None:
    with pytest.raises(pika.exceptions.ChannelClosedByBroker) as refused:
        broker.channel().exchange_declare(topology.COUNT, "fanout", durable=False)

    assert 406 == refused.value.reply_code
    assert refused.value.reply_text.startswith("PRECONDITION_FAILED")
