"""What is confirmed is in the log, also where the process that writes it ends amid receipts.

RabbitMQ starts a stream's writer anew, and each channel sends it again what was not confirmed.
"""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import httpx

from local import ready, servers
from local.rabbitmqctl import rabbitmqctl
from local.supervisor import Supervisor
from tests.support.processes import running_door
from tests.support.receipts import receipt
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.codec import receipt_bodies
from tillstream.log.reader import reading
from tillstream.runtime import broker as amqp

START_SECONDS, SILENT_SECONDS, WAIT_SECONDS = 60, 1.0, 30
PARTITIONS, TILLS, MORE = 2, 8, 300
#: The writer of a stream ends while messages wait for it.
END = """
    {{ok, Queue}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"{name}">>)),
    Writer = amqqueue:get_pid(Queue),
    sys:suspend(Writer),
    timer:sleep(300),
    exit(Writer, kill).
"""
EVENT = {
    "event_time": "2019-10-01T00:00:00Z",
    "event_type": "view",
    "product_id": 1,
    "category_id": 1,
    "price": 35.79,
    "user_id": 1,
    "user_session": "72d7",
}


def test_a_log_whose_writer_ends_has_all_that_was_confirmed(tmp_path: Path) -> None:
    broker = servers.private_broker(tmp_path)
    programs = broker.programs()
    limits = {
        "LOG_PARTITIONS": str(PARTITIONS),
        "CONFIRM_TIMEOUT_SECONDS": "2",
        "DATA_DIR": str(tmp_path),
    }
    with Supervisor(tmp_path, programs) as supervisor:
        supervisor.wait_for([ready.amqp(broker.url)], START_SECONDS)
        with running_door(broker.url, **limits) as url, posted(url) as (confirmed, refused):
            unbound_for_a_moment(broker.url, refused)
            for name in (topology.RECEIPTS_LOG, topology.partition_stream(1)):
                rabbitmqctl(programs, "eval", END.format(name=name))
                # Of those that come when the writer runs again none may be taken for an old one.
                wait_for_more(confirmed)

        logged = {
            number
            for partition in range(PARTITIONS)
            for number in logged_numbers(broker.url, topology.partition_stream(partition))
        }

    lost = set(confirmed) - logged
    assert not lost, f"{len(lost)} of {len(confirmed)}"


def wait_for_more(confirmed: list[int]) -> None:
    """Return when MORE further ones are confirmed."""
    enough = len(confirmed) + MORE
    wait_until(lambda: len(confirmed) >= enough, WAIT_SECONDS, "receipts that are confirmed")


def unbound_for_a_moment(url: str, refused: list[int]) -> None:
    """As while the log is made anew: messages come back that the door had numbered."""
    with amqp.connect(url, "tests") as connection:
        channel = connection.channel()
        channel.queue_unbind(topology.PERSISTENCE_QUEUE, topology.RECEIPTS)
        channel.exchange_unbind(topology.RECEIPTS_PARTITIONS, topology.RECEIPTS)
        wait_until(lambda: len(refused) > TILLS, WAIT_SECONDS, "receipts that are refused")
        channel.exchange_bind(topology.RECEIPTS_PARTITIONS, topology.RECEIPTS)
        channel.queue_bind(topology.PERSISTENCE_QUEUE, topology.RECEIPTS)


@contextmanager
def posted(url: str) -> Iterator[tuple[list[int], list[int]]]:
    """Tills post receipts and a shop events; the numbers of the receipts that were confirmed, and
    of those that were not.
    """
    confirmed: list[int] = []
    refused: list[int] = []
    numbers = count(1)
    ended = threading.Event()

    def till(store: int) -> None:
        with httpx.Client(base_url=url, timeout=10) as client:
            while not ended.is_set():
                number = next(numbers)
                answer = client.post("/receipt", json=receipt(number, storeID=store))
                (confirmed if answer.is_success else refused).append(number)

    def shop() -> None:
        with httpx.Client(base_url=url, timeout=10) as client:
            while not ended.is_set():
                client.post("/events/shop", json=EVENT)

    with ThreadPoolExecutor(TILLS + 1) as pool:
        tasks = [pool.submit(till, store) for store in range(TILLS)] + [pool.submit(shop)]
        try:
            wait_for_more(confirmed)
            yield confirmed, refused
        finally:
            ended.set()
    for task in tasks:
        task.result()


def logged_numbers(url: str, stream: str) -> Iterator[int]:
    """The numbers of the receipts in a stream."""
    with reading(url, "first", log=stream) as reader:
        while messages := reader.read(SILENT_SECONDS):
            for message in messages:
                for raw in receipt_bodies(
                    message.body, message.content_type, message.content_encoding
                ):
                    yield json.loads(raw)["cashReceiptID"]
            reader.done()
