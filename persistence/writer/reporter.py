"""Publishes `metrics-db` on a connection of its own, also while MongoDB is away."""

import threading

from pika.adapters.blocking_connection import BlockingConnection

from persistence.writer.delays import Delays
from tillstream import topology
from tillstream.runtime import broker
from tillstream.runtime.periodic import SNAPSHOT_SECONDS


def report(delays: Delays, connection: BlockingConnection, stop: threading.Event) -> None:
    """Publish a snapshot every half second until `stop`; raises pika's errors on a loss.

    Apart from the deliveries: the broker stops reading from whoever publishes while it has
    an alarm, and would hear no ack of what could be drained from it.
    """
    channel = connection.channel()
    broker.declare(channel)
    while not stop.is_set():
        broker.publish_snapshot(channel, topology.METRICS_DB, delays.snapshot())
        connection.sleep(SNAPSHOT_SECONDS)
