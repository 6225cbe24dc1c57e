"""What a reader gathers: each message once, in its order, and with few turns where few come."""

import threading
import time

import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tillstream import topology
from tillstream.log.reader import LogMessage, LogReader
from tillstream.runtime import broker as amqp

#: Longest wait for what was published, seconds.
PATIENCE_SECONDS = 20
#: A gathering takes so long after its first message, seconds.
GATHER_SECONDS = 0.5


class CountedReader(LogReader):
    """Counts how often it was woken by messages."""

    wakes = 0

    def read(self, patience_seconds: float) -> list[LogMessage]:
        """As LogReader."""
        messages = super().read(patience_seconds)
        self.wakes += bool(messages)
        return messages


def publish(url: str, bodies: list[bytes], pause_seconds: float = 0) -> None:
    with amqp.connect(url, "tests") as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for body in bodies:
            channel.basic_publish(
                topology.RECEIPTS, "", body, pika.BasicProperties(delivery_mode=2)
            )
            time.sleep(pause_seconds)


def gathered(reader: LogReader, count: int) -> list[list[bytes]]:
    """The bodies of each gathering, until there are `count`."""
    found: list[list[bytes]] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while sum(map(len, found)) < count:
        assert time.monotonic() < deadline, found
        if messages := reader.gather(1.0, lambda: GATHER_SECONDS):
            found.append([one.body for one in messages])
            reader.done()
    return found


@pytest.mark.parametrize("size", [10, 300_000])
def test_of_a_quiet_log_everything_comes_in_its_order(
    broker: BlockingConnection, amqp_url: str, size: int
) -> None:
    reader = LogReader(broker, "first", prefetch=10)
    publish(amqp_url, [b"first"])
    quiet = gathered(reader, 1)
    # Three times the prefetch, while it rests.
    bodies = [str(number).encode().zfill(size) for number in range(30)]
    publish(amqp_url, bodies)

    found = gathered(reader, 30)

    assert ([[b"first"]], bodies) == (quiet, [body for some in found for body in some])


def test_a_quiet_log_does_not_wake_its_reader_for_each_message(
    broker: BlockingConnection, amqp_url: str
) -> None:
    reader = CountedReader(broker, "first")
    publish(amqp_url, [b"first"])
    gathered(reader, 1)
    reader.wakes = 0
    slow = threading.Thread(target=publish, args=(amqp_url, [b"x"] * 12, GATHER_SECONDS / 20))
    slow.start()

    found = gathered(reader, 12)
    slow.join(PATIENCE_SECONDS)

    # By the first of each gathering and by the rest of it, of which one may come meanwhile.
    assert reader.wakes <= 2 * len(found) + 1
