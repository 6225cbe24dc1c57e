"""What the log has and the archive has not is brought back, once."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient

from tests.support.receipts import receipt, stamped
from tillstream import topology


def refill(**environ: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-m", "persistence", "refill"],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return finished.stdout.strip()


def test_receipts_that_never_reached_the_queue_come_from_the_log(
    broker: BlockingConnection,
    connect: Callable[[], BlockingConnection],
    amqp_url: str,
    mongo_url: str,
    mongo_database: str,
) -> None:
    with connect().channel() as channel:
        channel.confirm_delivery()
        channel.queue_unbind(topology.PERSISTENCE_QUEUE, topology.RECEIPTS)
        for number in (1, 2, 2, 3):
            body = stamped(receipt(number))
            properties = pika.BasicProperties(content_type="application/json", delivery_mode=2)
            channel.basic_publish(topology.RECEIPTS, "", body, properties, mandatory=True)
    environ = {"AMQP_URL": amqp_url, "MONGO_URL": mongo_url, "MONGO_DATABASE": mongo_database}

    said = [refill(**environ), refill(**environ)]

    with MongoClient[dict[str, Any]](mongo_url) as client:
        numbers = sorted(one["number"] for one in client[mongo_database]["receipts"].find())
    assert ["1", "2", "3"] == numbers
    assert [
        "stored 3 receipts that were missing; 1 were there",
        "stored 0 receipts that were missing; 4 were there",
    ] == said
