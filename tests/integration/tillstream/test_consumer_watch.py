"""A consumer that the broker sends nothing, though it has messages, is told; a quiet one is not."""

import time
from collections.abc import Callable

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import ConsumerCancelled

from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.log.reader import LogReader
from tillstream.runtime import consumer_watch
from tillstream.runtime.consumer_watch import ConsumerWatch

LOOK_SECONDS, WAIT_SECONDS = 0.2, 20
#: Enough for any number of looks to raise.
QUIET_SECONDS = 10 * LOOK_SECONDS


class ForgottenReader(LogReader):
    """Its acknowledgements are lost: the broker waits for them and sends nothing more."""

    def done(self) -> None:
        """As LogReader."""
        self._last_tag = 0


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_watch, "LOOK_SECONDS", LOOK_SECONDS)


@pytest.fixture
def publish(connect: Callable[[], BlockingConnection]) -> Callable[[bytes], None]:
    channel = connect().channel()
    channel.confirm_delivery()

    def one(body: bytes) -> None:
        channel.basic_publish(topology.RECEIPTS, "", body, pika.BasicProperties(delivery_mode=2))

    return one


def read_one(reader: LogReader) -> bytes:
    [message] = wait_until(lambda: reader.read(0.1), WAIT_SECONDS, "a message")
    reader.done()
    return message.body


def test_a_log_that_sends_nothing_of_what_it_has_is_told(
    broker: BlockingConnection, publish: Callable[[bytes], None]
) -> None:
    reader = ForgottenReader(broker, "first", prefetch=1)
    publish(b"first")
    assert b"first" == read_one(reader)

    def read_on() -> None:
        # What is there when the silence begins may be what was read: more has to come.
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            publish(b"further")
            assert not reader.read(LOOK_SECONDS)

    with pytest.raises(ConsumerCancelled, match="sends none"):
        read_on()


def test_a_quiet_log_is_no_broken_one(
    broker: BlockingConnection, publish: Callable[[bytes], None]
) -> None:
    reader = LogReader(broker, "first")
    for body in (b"first", b"second"):
        publish(body)
        assert body == read_one(reader)
        deadline = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < deadline:
            assert not reader.read(LOOK_SECONDS / 4)


@pytest.mark.parametrize("lost", [True, False], ids=["ack lost", "acked"])
def test_a_queue_that_waits_for_an_ack_that_was_lost_is_told(
    broker: BlockingConnection, publish: Callable[[bytes], None], lost: bool
) -> None:
    channel = broker.channel()
    channel.basic_qos(prefetch_count=1)
    watch = ConsumerWatch(channel, topology.PERSISTENCE_QUEUE, is_stream=False)
    taken: list[bytes] = []

    def take(
        channel: BlockingChannel, method: pika.spec.Basic.Deliver, _: object, body: bytes
    ) -> None:
        watch.heard = True
        taken.append(body)
        if not lost:
            channel.basic_ack(method.delivery_tag)

    channel.basic_consume(topology.PERSISTENCE_QUEUE, take)
    for body in (b"first", b"second"):
        publish(body)
    told = False
    deadline = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < deadline and not told:
        broker.process_data_events(LOOK_SECONDS / 4)
        try:
            watch.look()
        except ConsumerCancelled:
            told = True

    assert (lost, 1 if lost else 2) == (told, len(taken))
