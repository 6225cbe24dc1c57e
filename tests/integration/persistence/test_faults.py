"""The persistence worker while MongoDB, the broker or the worker itself is stopped or killed."""

import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import ChannelClosedByBroker

from local import ready, servers
from local.supervisor import Supervisor
from tests.conftest import START_SECONDS, missing, running_mongo
from tests.support.persistence_room import (
    Snapshots,
    archive,
    count_and_sum,
    publish,
    receipts_of,
    wait_for_count,
    waiting,
    worker,
)
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.errors import ServerNotReadyError
from tillstream.runtime import broker as amqp


class OwnMongo:
    """A MongoDB of these tests, to be frozen and killed; and a database of one test."""

    def __init__(self, url: str, supervisor: Supervisor) -> None:
        self.url = url
        self.database = f"test-{uuid.uuid4().hex[:12]}"
        self._supervisor = supervisor

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Its connections stay open, and nothing answers."""
        self._supervisor.control.signal("mongod", "STOP")
        try:
            yield
        finally:
            self._supervisor.control.signal("mongod", "CONT")

    def kill(self) -> None:
        """End it with SIGKILL; the supervisor starts it again."""
        self._supervisor.control.signal("mongod", "KILL")


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Supervisor]]:
    with running_mongo(tmp_path_factory.mktemp("mongo")) as own:
        yield own


@pytest.fixture
def mongo(own_server: tuple[str, Supervisor]) -> OwnMongo:
    return OwnMongo(*own_server)


def test_while_mongodb_is_frozen_nothing_is_acknowledged_and_then_all_is_stored(
    broker: BlockingConnection, amqp_url: str, mongo: OwnMongo
) -> None:
    snapshots = Snapshots(broker)
    with (
        archive(mongo.url, mongo.database) as database,
        worker(amqp_url, mongo.url, mongo.database) as process,
    ):
        publish(broker, receipts_of([1]))
        snapshots.wait_for_counts(stored=1)
        with mongo.frozen():
            publish(broker, *([line] for line in receipts_of(range(2, 1502))))
            # Longer than one attempt to write lasts.
            meanwhile = snapshots.wait_for_more(16)
        wait_for_count(database, 1501)
        snapshots.wait_for_counts(stored=1501, duplicates=0, conflicts=0)
        stored = count_and_sum(database)
        process.send_signal(signal.SIGTERM)
        status = process.wait(10)

    assert (1501, sum(range(1502)), 0, 0) == (*stored, waiting(broker), status)
    assert meanwhile[-1].stored == 1


def test_a_kill_of_mongodb_in_the_middle_loses_nothing(
    broker: BlockingConnection, amqp_url: str, mongo: OwnMongo
) -> None:
    lines = receipts_of(range(1, 20_001))
    with (
        archive(mongo.url, mongo.database) as database,
        worker(amqp_url, mongo.url, mongo.database),
    ):
        publish(broker, *(lines[start : start + 10] for start in range(0, len(lines), 10)))
        wait_for_count(database, 1)
        mongo.kill()

        def all_stored() -> bool:
            return count_and_sum(database) == (20_000, sum(range(20_001)))

        # A client of the tests fails while MongoDB is away; the worker must not.
        wait_until(lambda: not waiting(broker), 60, "an empty queue")
        wait_until(all_stored, 30, "every receipt, to the cent")
        conflicts = database.conflicts.count_documents({})

    assert (0, 0) == (conflicts, waiting(broker))


def test_a_stop_while_mongodb_is_frozen_is_quick_and_gives_the_messages_back(
    broker: BlockingConnection, amqp_url: str, mongo: OwnMongo
) -> None:
    snapshots = Snapshots(broker)
    with archive(mongo.url, mongo.database) as database:
        with worker(amqp_url, mongo.url, mongo.database) as process:
            publish(broker, receipts_of([1]))
            snapshots.wait_for_counts(stored=1)
            with mongo.frozen():
                publish(broker, *([line] for line in receipts_of([2, 3, 4])))
                wait_until(lambda: not waiting(broker), 10, "a delivery")
                process.send_signal(signal.SIGTERM)
                # Some seconds, and more beside other tests.
                status = process.wait(25)
                given_back = waiting(broker)
        with worker(amqp_url, mongo.url, mongo.database):
            wait_for_count(database, 4)

    assert (0, 3) == (status, given_back)


def test_a_kill_of_the_worker_loses_nothing_and_stores_nothing_twice(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    lines = receipts_of(range(1, 20_001))
    publish(broker, *(lines[start : start + 10] for start in range(0, len(lines), 10)))
    with archive(mongo_url, mongo_database) as database:
        for _ in range(3):
            before = database.receipts.count_documents({})
            with worker(amqp_url, mongo_url, mongo_database) as process:
                wait_for_count(database, min(before + 1, 20_000))
                process.kill()
        with worker(amqp_url, mongo_url, mongo_database):
            wait_for_count(database, 20_000)
            wait_until(lambda: not waiting(broker), 30, "an empty queue")
        stored = (*count_and_sum(database), database.conflicts.count_documents({}))

    assert (20_000, sum(range(20_001)), 0) == stored


def test_a_queue_that_is_deleted_is_declared_again(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    snapshots = Snapshots(broker)
    with (
        archive(mongo_url, mongo_database) as database,
        worker(amqp_url, mongo_url, mongo_database),
    ):
        publish(broker, receipts_of([1]))
        snapshots.wait_for_counts(stored=1)
        with broker.channel() as channel:
            channel.queue_delete(topology.PERSISTENCE_QUEUE)

        def consumed_again() -> bool:
            # Not declared here: RabbitMQ 3.10 forgets to tell a consumer that its quorum queue
            # was deleted when another of that name is there at once.
            channel = broker.channel()
            try:
                declared = channel.queue_declare(topology.PERSISTENCE_QUEUE, passive=True)
            except ChannelClosedByBroker:
                return False
            channel.close()
            return bool(declared.method.consumer_count)

        wait_until(consumed_again, 15, "a consumer")
        publish(broker, receipts_of([2]))
        wait_for_count(database, 2)
        stored = count_and_sum(database)

    assert (2, 3) == stored


def test_a_restart_of_the_broker_loses_nothing(
    tmp_path: Path, mongo_url: str, mongo_database: str
) -> None:
    node = servers.private_broker(tmp_path)
    try:
        programs = node.programs()
    except ServerNotReadyError as error:
        missing(str(error))
    with Supervisor(tmp_path, programs) as supervisor:
        supervisor.wait_for([ready.amqp(node.url)], START_SECONDS)
        before = amqp.connect(node.url, "tests")
        amqp.declare(before.channel())
        with (
            archive(mongo_url, mongo_database) as database,
            worker(node.url, mongo_url, mongo_database),
        ):
            lines = receipts_of(range(1, 2001))
            publish(before, *(lines[start : start + 10] for start in range(0, 2000, 10)))
            before.close()
            wait_for_count(database, 1)
            supervisor.control.stop("rabbitmq")
            supervisor.control.start("rabbitmq")
            supervisor.wait_for([ready.amqp(node.url)], START_SECONDS)
            after = amqp.connect(node.url, "tests")
            publish(after, receipts_of([2001]))
            wait_for_count(database, 2001)
            wait_until(lambda: not waiting(after), 15, "an empty queue")
            after.close()
            stored = (*count_and_sum(database), database.conflicts.count_documents({}))

    assert (2001, sum(range(2002)), 0) == stored
