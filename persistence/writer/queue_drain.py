"""Brings what waits on the persistence queue into the archive, without a worker and for once.

As the worker does: store, dead-letter, ack. But it declares and binds nothing, for the commands
that work while the topology is not as it should be.
"""

import threading
import time

import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

from persistence.writer.archive_writer import ArchiveWriter, Outcome
from persistence.writer.batch import LIMITS, Batch, Delivery
from persistence.writer.dead_lettering import publish_letter
from tillstream import topology
from tillstream.errors import TillstreamError
from tillstream.runtime import broker
from tillstream.stores import StoreTable

#: Longest that a queue is drained without storing anything, seconds.
STUCK_SECONDS = 60.0

#: A broker that has just started may count the workers of before for a moment, seconds.
LEAVING_SECONDS = 5.0

NOT_FOUND = 404


class QueueInUseError(TillstreamError):
    """A command that works with every room ended found a worker."""


def drain_queue(
    url: str, archive: ArchiveWriter, stores: StoreTable, stop: threading.Event
) -> tuple[int, int]:
    """Store everything that waits on the queue; returns receipts stored, and messages left.

    Messages are left at `stop` and where MongoDB takes nothing for STUCK_SECONDS. Raises pika's
    errors.
    """
    stored = 0
    connection = broker.connect(url, "drain", heartbeat_seconds=0)
    try:
        channel, letters = connection.channel(), connection.channel()
        letters.confirm_delivery()
        while not stop.is_set():
            batch = _take(channel, stores)
            if batch is None:
                break
            outcome = _store(archive, batch)
            if outcome is None:
                break
            for letter in batch.letters(outcome.refused):
                publish_letter(letters, letter)
            channel.basic_ack(batch.last_tag, multiple=True)
            stored += len(outcome.stored)
        # Of a channel that is closed, what it had not acknowledged waits again.
        channel.close()
        return stored, waiting(connection.channel(), topology.PERSISTENCE_QUEUE)
    except pika.exceptions.ChannelClosedByBroker as error:
        if error.reply_code != NOT_FOUND:
            raise
        return stored, 0  # there is no such queue
    finally:
        if connection.is_open:
            connection.close()


def require_idle(channel: BlockingChannel, queue: str) -> None:
    """Raise QueueInUseError when a worker listens to the queue, which must be there."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while consumers := channel.queue_declare(queue, passive=True).method.consumer_count:
        if time.monotonic() > deadline:
            raise QueueInUseError(
                f"{consumers} workers listen to the queue {queue}: end every room (the door, the"
                " workers), and let only RabbitMQ and MongoDB run: `tillstream up --servers-only`"
            )
        channel.connection.sleep(LEAVING_SECONDS / 20)


def waiting(channel: BlockingChannel, queue: str) -> int:
    """Messages that wait on a queue; raises pika's ChannelClosedByBroker where there is none."""
    return int(channel.queue_declare(queue, passive=True).method.message_count)


def _take(channel: BlockingChannel, stores: StoreTable) -> Batch | None:
    """What waits, up to the bounds of a batch; None when nothing does."""
    batch = Batch(time.monotonic(), LIMITS)
    while not batch.is_full():
        method, properties, body = channel.basic_get(topology.PERSISTENCE_QUEUE)
        if method is None:
            break
        batch.add(Delivery.of(method, properties, body), stores)
    return batch if batch.last_tag else None


def _store(archive: ArchiveWriter, batch: Batch) -> Outcome | None:
    give_up = threading.Event()
    timer = threading.Timer(STUCK_SECONDS, give_up.set)
    timer.daemon = True
    timer.start()
    try:
        return archive.store(batch.entries, give_up)
    finally:
        timer.cancel()
