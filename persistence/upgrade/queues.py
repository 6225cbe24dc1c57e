"""Queues that the broker has with other arguments: emptied into the archive, and made anew."""

import threading
import time
from typing import Any

from pika.adapters.blocking_connection import BlockingConnection
from pymongo.database import Database

from persistence.dead_letters.consumer import drain_letters
from persistence.dead_letters.store import DeadLetters
from persistence.writer.archive_writer import ArchiveWriter
from persistence.writer.queue_drain import drain_queue, require_idle, waiting
from tillstream import topology
from tillstream.errors import TillstreamError, TopologyDiffersError
from tillstream.runtime import broker
from tillstream.stores import StoreTable

#: Longest that dead letters are taken from their queue, seconds.
LETTERS_SECONDS = 300.0


class NotEmptyError(TillstreamError):
    """A queue that was left as it is: it holds what could not be kept elsewhere."""


def remake(
    url: str,
    connection: BlockingConnection,
    archive: ArchiveWriter,
    database: Database[dict[str, Any]],
    stores: StoreTable,
    stop: threading.Event,
) -> list[str]:
    """Make each queue that differs anew; returns their names.

    The log is among them only as a name: it is made anew by `rebuild-log`. Raises NotEmptyError
    and QueueInUseError.
    """
    made = []
    for queue in topology.queues():
        try:
            broker.declare_queue(connection.channel(), queue)
            continue
        except TopologyDiffersError:
            made.append(queue.name)
        if queue.name == topology.RECEIPTS_LOG:
            continue
        channel = connection.channel()
        require_idle(channel, queue.name)
        if queue.name == topology.PERSISTENCE_QUEUE:
            # Nothing comes while it is emptied: a door that runs has no queue, and says so.
            channel.queue_unbind(queue.name, queue.exchange)
            drain_queue(url, archive, stores, stop)
        else:
            drain_letters(DeadLetters(database), time.time, connection, stop, LETTERS_SECONDS)
        if left := waiting(channel, queue.name):
            raise NotEmptyError(
                f"{left} messages still wait on the queue {queue.name}, so it was left as it is;"
                " see that MongoDB takes writes, and run it again"
            )
        channel.queue_delete(queue.name, if_unused=False)
        broker.declare_queue(channel, queue)
        channel.queue_bind(queue.name, queue.exchange)
    return made
