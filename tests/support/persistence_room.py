"""What the tests of the persistence worker share: publish, run, look into archive and queues."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from subprocess import Popen
from typing import Any

import msgspec
import pika
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient
from pymongo.database import Database

from persistence.dead_letters.store import DeadLetters, Letter
from tests.support.processes import running
from tests.support.receipts import receipt, stamped
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.codec import JSON, NDJSON
from tillstream.snapshots import DelaySnapshot

STORED_SECONDS = 30


def receipts_of(numbers: Iterable[int]) -> list[bytes]:
    """Receipts as the door publishes them; number n is of n cents."""
    return [stamped(receipt(number, cents=number)) for number in numbers]


def publish(connection: BlockingConnection, *messages: list[bytes]) -> None:
    """Publish each list of lines as one message, and wait until the queue has them all."""
    with connection.channel() as channel:
        for lines in messages:
            channel.basic_publish(
                topology.RECEIPTS,
                "",
                b"\n".join(lines),
                pika.BasicProperties(
                    content_type=JSON if len(lines) == 1 else NDJSON,
                    headers={"x-door": "1"},
                    delivery_mode=2,
                ),
            )
        # A confirm comes after those of everything that was published before it.
        channel.confirm_delivery()
        channel.basic_publish("", topology.DEAD_LETTERS, b"", mandatory=True)
        channel.basic_get(topology.DEAD_LETTERS, auto_ack=True)


def waiting(connection: BlockingConnection) -> int:
    """Messages that wait in the persistence queue."""
    with connection.channel() as channel:
        declared = channel.queue_declare(topology.PERSISTENCE_QUEUE, passive=True)
        return int(declared.method.message_count)


def kept_letters(database: Database[dict[str, Any]], count: int) -> list[Letter]:
    """The dead letters of the archive, as they were delivered, once there are so many."""
    letters = DeadLetters(database)
    wait_until(
        lambda: database.dead_letters.count_documents({}) >= count, STORED_SECONDS, "dead letters"
    )
    return [letters.letter(each) for each in database.dead_letters.find().sort("firstAt", 1)]


@contextmanager
def archive(mongo_url: str, name: str) -> Iterator[Database[dict[str, Any]]]:
    """The database of the archive."""
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        yield client[name]


@contextmanager
def worker(amqp_url: str, mongo_url: str, database: str) -> Iterator[Popen[bytes]]:
    """A persistence worker in a process of its own."""
    settings = {"AMQP_URL": amqp_url, "MONGO_URL": mongo_url, "MONGO_DATABASE": database}
    with running("persistence", **settings, STORE_TIMEZONE="Europe/Paris") as process:
        yield process


def wait_for_count(database: Database[dict[str, Any]], count: int) -> None:
    """Wait until so many receipts are stored; never more."""
    wait_until(
        lambda: database.receipts.count_documents({}) >= count, STORED_SECONDS, f"{count} stored"
    )


def count_and_sum(database: Database[dict[str, Any]]) -> tuple[int, int]:
    """Number of stored receipts and their gross cents, summed by MongoDB."""
    group = {"_id": None, "count": {"$sum": 1}, "gross": {"$sum": "$grossMinor"}}
    found = list(database.receipts.aggregate([{"$group": group}]))
    return (found[0]["count"], found[0]["gross"]) if found else (0, 0)


class Snapshots:
    """The snapshots of `metrics-db`, from now on."""

    def __init__(self, connection: BlockingConnection) -> None:
        self._connection = connection
        self._channel = connection.channel()
        self._queue = self._channel.queue_declare("", exclusive=True).method.queue
        self._channel.queue_bind(self._queue, topology.METRICS_DB)
        self.seen: list[DelaySnapshot] = []
        self._channel.basic_consume(
            self._queue,
            lambda _channel, _method, _properties, body: self.seen.append(
                msgspec.json.decode(body, type=DelaySnapshot)
            ),
            auto_ack=True,
        )

    def take(self) -> list[DelaySnapshot]:
        """All that has come so far."""
        self._connection.process_data_events(0)
        return self.seen

    def wait_for_more(self, count: int) -> list[DelaySnapshot]:
        """The next `count` snapshots."""
        before = len(self.take())
        wait_until(lambda: len(self.take()) >= before + count, STORED_SECONDS, f"{count} snapshots")
        return self.seen[before : before + count]

    def wait_for_counts(self, **counts: int) -> DelaySnapshot:
        """The first snapshot with these counters."""

        def found() -> DelaySnapshot | None:
            wanted = list(counts.items())
            for each in self.take():
                if [(name, getattr(each, name)) for name, _ in wanted] == wanted:
                    return each
            return None

        return wait_until(found, STORED_SECONDS, f"a snapshot with {counts}")
