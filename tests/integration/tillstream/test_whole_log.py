"""The whole log by slices is the log as one consumer reads it, or an error says what is missing."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest.mock import Mock

import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import AMQPConnectionError, ConsumerCancelled, StreamLostError

from local import ready
from tests.support.relay import Relay
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.log import whole_log
from tillstream.log.looking_up import last_offset
from tillstream.log.reader import LogMessage, LogReader, LogTruncatedError, StoppedError, reading
from tillstream.log.whole_log import LogSilentError, read_log

#: Larger than a frame of AMQP.
LARGE = 300_000


@pytest.fixture
def log(broker: BlockingConnection, amqp_url: str) -> list[LogMessage]:
    """A log of messages of every kind, as one consumer reads it."""
    channel = broker.channel()
    channel.confirm_delivery()
    for number in range(300):
        properties = pika.BasicProperties(
            content_type=[None, "application/json", "application/x-ndjson"][number % 3],
            content_encoding=[None, "zstd"][number % 2],
            headers={"a": 1} if number % 5 == 0 else None,
            message_id=str(number) if number % 7 else None,
            delivery_mode=2,
        )
        body = b"x" * LARGE if number == 150 else b"" if number == 151 else b"%d" % number
        channel.basic_publish(topology.RECEIPTS, "", body, properties)
    return consumed(amqp_url, 300)


def consumed(url: str, count: int) -> list[LogMessage]:
    found: list[LogMessage] = []
    deadline = time.monotonic() + 20
    with reading(url, "first") as reader:
        while len(found) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count}"
            found += reader.read(1)
            reader.done()
    return found


def whole(url: str, last: int | None, start: int = 0) -> list[LogMessage]:
    batches = read_log(url, threading.Event(), last, start)
    return [message for batch in batches for message in batch]


@pytest.mark.parametrize("readers", [1, 3])
def test_slices_are_the_log(
    log: list[LogMessage], amqp_url: str, readers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_log, "SLICE_OFFSETS", 17)
    monkeypatch.setattr(whole_log, "READERS", readers)

    assert whole(amqp_url, log[-1].offset) == log
    assert whole(amqp_url, log[200].offset, log[100].offset) == log[100:201]
    assert whole(amqp_url, log[5].offset, log[5].offset) == [log[5]]


def test_a_slice_that_takes_more_messages_than_it_has_offsets(
    log: list[LogMessage], amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sparing(url: str, start: int, **_: int) -> AbstractContextManager[LogReader]:
        return reading(url, start, prefetch=100)

    monkeypatch.setattr(whole_log, "reading", sparing)

    assert whole(amqp_url, log[-1].offset) == log


@pytest.mark.parametrize(("times", "fails"), [(1, False), (100, True)])
def test_a_connection_that_the_broker_resets_is_made_anew(
    log: list[LogMessage],
    amqp_url: str,
    monkeypatch: pytest.MonkeyPatch,
    times: int,
    fails: bool,
) -> None:
    resets = Counter[int]()

    @contextmanager
    def reset_before_it_reads(url: str, start: int, **options: Any) -> Iterator[LogReader]:
        with reading(url, start, **options) as reader:
            resets[start] += 1
            if resets[start] <= times:
                monkeypatch.setattr(reader, "read", Mock(side_effect=StreamLostError("reset")))
            yield reader

    monkeypatch.setattr(whole_log, "SLICE_OFFSETS", 100)
    monkeypatch.setattr(whole_log, "reading", reset_before_it_reads)

    if fails:
        with pytest.raises(StreamLostError):
            whole(amqp_url, log[-1].offset)
    else:
        assert whole(amqp_url, log[-1].offset) == log


def test_the_end_of_the_log_is_inside_a_slice(log: list[LogMessage], amqp_url: str) -> None:
    assert whole(amqp_url, last_offset(amqp_url)) == log
    assert whole(amqp_url, None) == []


def test_a_log_that_lost_its_beginning_is_told(broker: BlockingConnection, amqp_url: str) -> None:
    channel = broker.channel()
    channel.queue_delete(topology.RECEIPTS_LOG)
    small = {"x-max-length-bytes": 200_000, "x-stream-max-segment-size-bytes": 50_000}
    channel.queue_declare(
        topology.RECEIPTS_LOG, durable=True, arguments={"x-queue-type": "stream", **small}
    )
    channel.confirm_delivery()
    for _ in range(300):
        channel.basic_publish("", topology.RECEIPTS_LOG, b"x" * 10_000)

    with pytest.raises(LogTruncatedError, match=r"begins at offset [1-9]"):
        whole(amqp_url, last_offset(amqp_url))


def test_an_offset_that_never_comes_is_told(
    log: list[LogMessage], amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_log, "SILENT_SECONDS", 1.0)

    with pytest.raises(LogSilentError, match="fell silent"):
        whole(amqp_url, log[-1].offset + 1)


def test_it_stops_when_told(log: list[LogMessage], amqp_url: str) -> None:
    stop = threading.Event()
    batches = read_log(amqp_url, stop, log[-1].offset)
    next(batches)
    stop.set()

    with pytest.raises(StoppedError):
        list(batches)


def test_a_broker_that_goes_away_is_an_error_of_the_connection(
    log: list[LogMessage], amqp_url: str
) -> None:
    parameters = pika.URLParameters(amqp_url)
    with Relay(parameters.host, parameters.port) as relay:
        relay.mend()
        url = amqp_url.replace(f":{parameters.port}/", f":{relay.port}/")
        wait_until(ready.amqp(url).holds, 10, "the relay")
        batches = read_log(url, threading.Event(), log[-1].offset + 1)
        next(batches)
        relay.cut()
        with pytest.raises(AMQPConnectionError):
            list(batches)


def test_a_log_that_is_deleted_meanwhile_is_an_error(
    log: list[LogMessage], broker: BlockingConnection, amqp_url: str
) -> None:
    batches = read_log(amqp_url, threading.Event(), log[-1].offset + 1)
    next(batches)
    broker.channel().queue_delete(topology.RECEIPTS_LOG)

    with pytest.raises(ConsumerCancelled):
        list(batches)
