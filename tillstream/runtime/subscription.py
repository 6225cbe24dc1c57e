"""Hears result exchanges: what comes from now on, through a queue that ends with its connection."""

import threading
from collections.abc import Iterable, Iterator

import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

from tillstream.runtime import broker

#: How often an idle listener looks whether it shall end, seconds.
POLL_SECONDS = 0.5


def subscribe(
    channel: BlockingChannel, exchanges: Iterable[str], most_messages: int, most_bytes: int
) -> str:
    """The name of a queue that hears the exchanges; of what waits in it the oldest give way."""
    broker.declare(channel)
    arguments = {
        "x-max-length": most_messages,
        "x-max-length-bytes": most_bytes,
        "x-overflow": "drop-head",
    }
    declared = channel.queue_declare("", exclusive=True, auto_delete=True, arguments=arguments)
    queue: str = declared.method.queue
    for exchange in exchanges:
        channel.queue_bind(queue, exchange)
    return queue


def heard(
    channel: BlockingChannel, queue: str, stop: threading.Event
) -> Iterator[tuple[str, bytes]]:
    """Exchange and body of each message until `stop`; raises AMQPError where the queue is gone."""
    # No ack: a snapshot that is lost is followed by a newer one within half a second.
    for method, _, body in channel.consume(queue, auto_ack=True, inactivity_timeout=POLL_SECONDS):
        if stop.is_set():
            return
        if method is not None and body is not None:
            yield method.exchange, body
    # The queue was deleted under us: subscribe again, as after a lost connection.
    raise pika.exceptions.AMQPError("the broker ended the subscription")
