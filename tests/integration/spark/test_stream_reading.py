"""Spans of a stream are read exactly, or an error says why not. No Java is needed for these."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from pyspark.sql.streaming.datasource import ReadAllAvailable, ReadLimit
from pyspark.sql.types import StructType

from local.ports import free_port
from spark.rabbitmq_stream import BrokerLostError, DataLossError, StreamSilentError
from spark.rabbitmq_stream.connection import Message
from spark.rabbitmq_stream.options import read_options
from spark.rabbitmq_stream.reading import Span, read_span
from spark.rabbitmq_stream.source import RabbitMQStreamSource, StreamReader
from tests.support.relay import Relay
from tests.support.streams_on_broker import Streams

#: So small that the stream has a segment, and a hole, every few messages.
SEGMENTS = {"stream_max_segment_size_bytes": 40_000}
BODIES = [b"%04d" % number + b"x" * 5_000 for number in range(120)]
#: A stream of so many bytes is done with deleting when fewer of BODIES than these are left.
KEPT_BYTES = 120_000
KEPT_MESSAGES = KEPT_BYTES // 5_000


@pytest.fixture
def reader(amqp_url: str) -> Iterator[Callable[..., StreamReader]]:
    """Makes readers of streams, with options."""
    made: list[StreamReader] = []

    def make(*streams: str, **options: str) -> StreamReader:
        given = {"url": amqp_url, "streams": ",".join(streams), **options}
        made.append(RabbitMQStreamSource(given).streamReader(StructType()))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def read(url: str, span: Span, **options: str) -> list[Message]:
    wanted = read_options({"url": url, "streams": span.stream, **options})
    return list(itertools.chain.from_iterable(read_span(wanted, span)))


def test_holes_are_no_messages_and_no_end_waits_for_one(
    streams: Streams, reader: Callable[..., StreamReader]
) -> None:
    name = streams.make(**SEGMENTS)
    streams.publish(name, BODIES)
    source = reader(name)
    end = source.latestOffset(source.initialOffset(), ReadAllAvailable())[name]
    whole = read(streams.url, Span(name, 0, end, True))
    offsets = [one.offset for one in whole]
    holes = sorted(set(range(end)) - set(offsets))

    assert [one.body for one in whole] == BODIES
    assert end == offsets[-1] + 1
    assert holes, "the broker made no holes: the test says nothing"
    started = time.monotonic()
    for hole in holes[:3]:
        cut = [one for one in whole if one.offset <= hole]

        assert read(streams.url, Span(name, 0, hole + 1, True)) == cut
        assert read(streams.url, Span(name, hole, hole + 1, True)) == []
    # A task's range may begin and end in a hole, too.
    for options in ({}, {"maxBytesPerTrigger": "10000000"}):
        parts = reader(name, minPartitions="7", **options)
        parts.latestOffset({name: 0}, parts.getDefaultReadLimit())
        spans = parts.partitions({name: 0}, {name: end})

        assert len(spans) == 7
        assert [one for span in spans for one in read(streams.url, span)] == whole
    # Neither end was waited for: silence would have been 30 s.
    assert time.monotonic() - started < 25


def test_a_batch_keeps_its_bounds_and_all_of_them_are_the_stream(
    streams: Streams, reader: Callable[..., StreamReader]
) -> None:
    name, other = streams.make(**SEGMENTS), streams.make()
    streams.publish(name, BODIES)
    streams.publish(other, BODIES[:3])
    limit = ReadLimit()
    for options in (
        {"maxRowsPerTrigger": "40"},
        {"maxBytesPerTrigger": "150000"},
        {"maxBytesPerTrigger": "150000", "maxRowsPerTrigger": "20"},
    ):
        source = reader(name, other, **options)
        start, seen = source.initialOffset(), []
        while (end := source.latestOffset(start, limit)) != start:
            batch = [
                one for span in source.partitions(start, end) for one in read(streams.url, span)
            ]
            seen += batch
            start = end

            assert len(batch) <= int(options.get("maxRowsPerTrigger", "1000"))
            assert sum(len(one.body) for one in batch) <= int(
                options.get("maxBytesPerTrigger", "1000000")
            )

        assert sorted(one.body for one in seen) == sorted(BODIES + BODIES[:3])


def test_one_message_is_a_batch_however_large_it_is(
    streams: Streams, reader: Callable[..., StreamReader]
) -> None:
    name = streams.make()
    streams.publish(name, BODIES[:3])
    source = reader(name, maxBytesPerTrigger="10")
    offsets = [source.initialOffset()]
    for _ in range(4):
        offsets.append(source.latestOffset(offsets[-1], ReadLimit()))

    assert [each[name] for each in offsets] == [0, 1, 2, 3, 3]


def test_what_is_gone_is_told_unless_the_reader_begins_there(
    streams: Streams, reader: Callable[..., StreamReader]
) -> None:
    name = streams.make(max_length_bytes=KEPT_BYTES, **SEGMENTS)
    streams.publish(name, BODIES)
    source = reader(name)
    end = source.latestOffset(source.initialOffset(), ReadAllAvailable())[name]
    deadline = time.monotonic() + 30
    while True:
        # The broker deletes behind the publisher's back: what was there a moment ago may be gone.
        first = source.initialOffset()[name]
        try:
            there = [one.body for one in read(streams.url, Span(name, first, end, True))]
        except DataLossError:
            assert time.monotonic() < deadline, "the broker never stops deleting"
        else:
            if len(there) < KEPT_MESSAGES:
                break
            assert time.monotonic() < deadline, "the broker deletes nothing"

    assert first > 0
    assert there == BODIES[-len(there) :]
    with pytest.raises(DataLossError, match=r"begins at offset [1-9]\d*: what was from 0 on"):
        read(streams.url, Span(name, 0, end, True))
    kept = read(streams.url, Span(name, 0, end, True), failOnDataLoss="false")
    assert kept == read(streams.url, Span(name, 0, end, False))
    assert kept[-1].body == BODIES[-1]


def test_a_stream_that_was_made_anew_is_told(
    streams: Streams, reader: Callable[..., StreamReader]
) -> None:
    name = streams.make()
    streams.publish(name, BODIES[:2])

    with pytest.raises(DataLossError, match="ends at offset 1, but was read up to 7"):
        reader(name).latestOffset({name: 7}, ReadAllAvailable())


def test_an_end_that_the_stream_does_not_have_is_waited_for_with_a_bound(
    streams: Streams,
) -> None:
    name = streams.make()
    streams.publish(name, BODIES[:2])

    with pytest.raises(StreamSilentError, match="at offset 2, before 5"):
        read(streams.url, Span(name, 0, 5, True), silenceSeconds="1")


def test_starts_are_the_first_the_next_or_those_that_are_named(
    streams: Streams, reader: Callable[..., StreamReader]
) -> None:
    name, other = streams.make(), streams.make()
    streams.publish(name, BODIES[:3])
    both = {name: 2, other: "latest"}
    starts = ["earliest", "latest", str(both).replace("'", '"')]
    found = [reader(name, other, startingOffsets=start).initialOffset() for start in starts]

    assert found == [{name: 0, other: 0}, {name: 3, other: 0}, {name: 2, other: 0}]


def test_what_comes_after_available_now_began_is_left_for_the_next(
    streams: Streams, reader: Callable[..., StreamReader]
) -> None:
    name = streams.make()
    streams.publish(name, BODIES[:2])
    source = reader(name)
    source.prepareForTriggerAvailableNow()
    streams.publish(name, BODIES[2:5])
    first = source.latestOffset({name: 0}, ReadAllAvailable())

    assert (first, source.latestOffset(first, ReadAllAvailable())) == ({name: 2}, {name: 2})


def test_a_batch_goes_on_where_the_broker_went_away(streams: Streams, amqp_url: str) -> None:
    name = streams.make()
    streams.publish(name, BODIES)
    server = urlsplit(amqp_url)
    with Relay(server.hostname or "", server.port or 0) as relay:
        relay.mend()
        away = amqp_url.replace(f":{server.port}", f":{relay.port}")
        options = read_options({"url": away, "streams": name, "retrySeconds": "30"})
        seen: list[Message] = []
        for messages in read_span(options, Span(name, 0, len(BODIES), True)):
            if not seen:
                relay.cut()
                threading.Timer(1.0, relay.mend).start()
            seen += messages

    assert [one.body for one in seen] == BODIES


def test_a_broker_that_stays_away_is_given_up(streams: Streams, amqp_url: str) -> None:
    name = streams.make()
    nobody = amqp_url.replace(f":{urlsplit(amqp_url).port}", f":{free_port()}")
    with pytest.raises(BrokerLostError):
        read(nobody, Span(name, 0, 1, True), retrySeconds="1")
    with pytest.raises(BrokerLostError, match="404"):
        read(amqp_url, Span("no-such-stream", 0, 1, True))
