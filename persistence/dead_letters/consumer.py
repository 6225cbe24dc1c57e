"""The consumer of the dead-letter queue: keeps letters in MongoDB, while the worker runs.

1. take a delivery;
2. write it, majority and journal; MongoDB away, this waits with backoff;
3. ack. Killed before, the letter comes again and is known by its id.

Beside that it removes, now and then, what a retention leaves of large letters.
"""

import contextlib
import threading
import time
from functools import partial
from typing import Any

import pika
import structlog
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pymongo.errors import PyMongoError

from persistence.dead_letters.store import DeadLetters, Letter
from tillstream import topology
from tillstream.clock import Clock, utc
from tillstream.runtime import broker
from tillstream.runtime.consumer_watch import ConsumerWatch
from tillstream.runtime.periodic import Every
from tillstream.runtime.retry import until_stopped

log = structlog.get_logger()

#: Letters that the broker hands out before an ack.
PREFETCH = 4
#: Longest that a told stop goes unnoticed, seconds.
IDLE_SECONDS = 0.5
#: How often what a retention has left is removed, seconds.
SWEEP_SECONDS = 3_600.0


def keep_letters(
    letters: DeadLetters, clock: Clock, connection: BlockingConnection, stop: threading.Event
) -> None:
    """Keep every letter of the queue until `stop`; raises pika's errors on a loss."""
    channel = connection.channel()
    broker.declare(channel)
    channel.basic_qos(prefetch_count=PREFETCH)
    watch = ConsumerWatch(channel, topology.DEAD_LETTERS, is_stream=False)
    channel.basic_consume(
        topology.DEAD_LETTERS, partial(_take, letters=letters, clock=clock, watch=watch, stop=stop)
    )
    sweeping = Every(SWEEP_SECONDS, time.monotonic)
    while not stop.is_set():
        connection.process_data_events(IDLE_SECONDS)
        watch.look()
        if sweeping.is_due():
            # MongoDB away, it is done the next time.
            with contextlib.suppress(PyMongoError):
                letters.sweep(utc(clock()))
        if not channel.consumer_tags:
            raise pika.exceptions.ConsumerCancelled(topology.DEAD_LETTERS)


def drain_letters(
    letters: DeadLetters,
    clock: Clock,
    connection: BlockingConnection,
    stop: threading.Event,
    seconds: float,
) -> int:
    """Keep what waits on the queue, which must be there, beside a worker or without one.

    Returns how many letters are left after so many seconds, or at `stop`. Raises PyMongoError.
    """
    end = time.monotonic() + seconds
    with connection.channel() as channel:
        while not stop.is_set() and time.monotonic() < end:
            method, properties, body = channel.basic_get(topology.DEAD_LETTERS)
            if method is None:
                return 0
            letters.keep(letter_of(properties, body), utc(clock()))
            channel.basic_ack(method.delivery_tag)
        declared = channel.queue_declare(topology.DEAD_LETTERS, passive=True)
        return int(declared.method.message_count)


def letter_of(properties: pika.BasicProperties, body: bytes) -> Letter:
    """A delivery as a letter; what the worker did not say why is said by the broker, or nobody."""
    headers: dict[str, Any] = properties.headers or {}
    reason = headers.get("x-reason") or headers.get("x-first-death-reason") or "no reason given"
    return Letter(
        body,
        str(reason),
        properties.content_type,
        properties.content_encoding,
        {name: str(value) for name, value in headers.items()},
    )


def _take(
    channel: BlockingChannel,
    method: pika.spec.Basic.Deliver,
    properties: pika.BasicProperties,
    body: bytes,
    *,
    letters: DeadLetters,
    clock: Clock,
    watch: ConsumerWatch,
    stop: threading.Event,
) -> None:
    watch.heard = True
    letter = letter_of(properties, body)

    def write() -> bool:
        letters.keep(letter, utc(clock()))
        return True

    # Without an ack the letter stays on the queue.
    if until_stopped(write, PyMongoError, stop, _report):
        channel.basic_ack(method.delivery_tag)


def _report(error: BaseException) -> None:
    log.warning(
        "dead letters wait for MongoDB", error=type(error).__name__, reason=str(error)[:200]
    )
