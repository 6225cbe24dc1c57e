"""A broker that hangs: every sender hears of it in time, and nothing accepted is lost."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from local import ready, servers
from local.supervisor import Supervisor
from tests.support.processes import running_door
from tests.support.receipts import receipt
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.codec import receipt_bodies
from tillstream.runtime import broker as amqp

TIMEOUT_SECONDS = 4.0
#: A busy machine answers late.
MARGIN_SECONDS = 1.5
SENDERS = 12


def test_a_frozen_broker_is_told_within_the_timeout_and_loses_nothing(tmp_path: Path) -> None:
    node = servers.private_broker(tmp_path)
    settings = {
        "CONFIRM_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
        "DATA_DIR": str(tmp_path),
        "MIN_FREE_DISK_BYTES": "0",
    }
    with Supervisor(tmp_path, node.programs()) as supervisor:
        supervisor.wait_for([ready.amqp(node.url)], 60)
        pid = supervisor.control.statuses()["rabbitmq"].pid
        with (
            running_door(node.url, **settings) as url,
            httpx.Client(base_url=url, timeout=30) as till,
        ):
            assert till.post("/receipt", json=receipt(0)).status_code == 202

            os.kill(pid, signal.SIGSTOP)
            try:
                with ThreadPoolExecutor(SENDERS) as senders:
                    # Some at once; the others while those wait, and share the next messages.
                    outcomes = list(
                        senders.map(
                            lambda n: _post(till, n, delay=TIMEOUT_SECONDS * 0.8 * n / SENDERS),
                            range(1, SENDERS + 1),
                        )
                    )
            finally:
                os.kill(pid, signal.SIGCONT)
            assert {status for status, _ in outcomes} == {503}
            assert max(seconds for _, seconds in outcomes) < TIMEOUT_SECONDS + MARGIN_SECONDS

            accepted = {0}
            for number in range(1, SENDERS + 1):
                wait_until(lambda n=number: _post(till, n)[0] == 202, 30, "a retry")  # type: ignore[misc]
                accepted.add(number)
        assert accepted == _stored(node.url)


def _post(till: httpx.Client, number: int, delay: float = 0) -> tuple[int, float]:
    time.sleep(delay)  # the moment at which this till sends is what the test is about
    started = time.monotonic()
    answer = till.post("/receipt", json=receipt(number))
    return answer.status_code, time.monotonic() - started


def _stored(url: str) -> set[int]:
    """The numbers on the persistence queue: a receipt that was sent again may be there twice."""
    connection = amqp.connect(url, "tests")
    channel = connection.channel()
    numbers: set[int] = set()
    while True:
        method, properties, body = channel.basic_get(topology.PERSISTENCE_QUEUE, auto_ack=True)
        if method is None:
            connection.close()
            return numbers
        lines = receipt_bodies(body, properties.content_type, properties.content_encoding)
        numbers |= {int(json.loads(line)["cashReceiptID"]) for line in lines}
