"""Private servers, for real: they come up, keep what they hold, and leave nothing behind."""

from pathlib import Path
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient

from local import processes, ready, servers
from local.supervisor import Supervisor
from tillstream import topology
from tillstream.runtime import broker as amqp

START_SECONDS = 60


def test_the_broker_fixture_has_every_queue_and_all_are_empty(broker: BlockingConnection) -> None:
    channel = broker.channel()
    counts = {
        queue.name: channel.queue_declare(queue.name, passive=True).method.message_count
        for queue in topology.queues()
    }

    assert counts == dict.fromkeys((queue.name for queue in topology.queues()), 0)


def test_the_mongo_fixture_writes_with_a_majority(mongo_url: str, mongo_database: str) -> None:
    with MongoClient[dict[str, Any]](mongo_url, w="majority", journal=True) as client:
        client[mongo_database].things.insert_one({"_id": 1})

        assert client[mongo_database].things.count_documents({}) == 1


def test_a_second_start_finds_the_message_and_the_document_of_the_first(tmp_path: Path) -> None:
    for start in (1, 2):
        broker = servers.private_broker(tmp_path)
        mongo = servers.private_mongo(tmp_path)
        programs = broker.programs() + mongo.programs()
        with Supervisor(tmp_path, programs) as supervisor:
            supervisor.wait_for([ready.amqp(broker.url), ready.primary(mongo)], START_SECONDS)
            if start == 1:
                _write(broker.url, mongo.url)
            else:
                assert _read(broker.url, mongo.url) == (b"kept", {"_id": 1, "kept": True})
            tree = processes.descendants(supervisor.pid)
            assert len(tree) >= 4

        assert [process for process in tree if processes.is_alive(process)] == []
        # The next start has to move: the old port is another one's now.
        (tmp_path / "ports.json").unlink()


def _write(amqp_url: str, mongo_url: str) -> None:
    connection = amqp.connect(amqp_url, "tests")
    channel = connection.channel()
    amqp.declare(channel)
    channel.confirm_delivery()
    channel.basic_publish(topology.RECEIPTS, "", b"kept", pika.BasicProperties(delivery_mode=2))
    connection.close()
    with MongoClient[dict[str, Any]](mongo_url, w="majority", journal=True) as client:
        client.tillstream.things.insert_one({"_id": 1, "kept": True})


def _read(amqp_url: str, mongo_url: str) -> tuple[bytes, object]:
    connection = amqp.connect(amqp_url, "tests")
    _, _, body = connection.channel().basic_get(topology.PERSISTENCE_QUEUE, auto_ack=True)
    connection.close()
    with MongoClient[dict[str, Any]](mongo_url) as client:
        return body, client.tillstream.things.find_one()
