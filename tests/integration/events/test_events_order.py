"""The order of the log of events in partitions, and who reads by it: clocks, gaps, and races."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import AMQPError

from persistence.backup import events_log, log
from tests.support.published_events import publish
from tillstream.log.continuity import LogReplacedError
from tillstream.log.order import Order
from tillstream.runtime import broker as amqp
from tillstream.streams.event_partitions import prepare_events
from tillstream.streams.events_log import EventsLog
from tillstream.streams.message import EventMessage, decode, encode
from tillstream.streams.ordered_reader import OrderedReader
from tillstream.streams.step_writer import StepWriter


@contextmanager
def connected(url: str) -> Iterator[BlockingConnection]:
    """A connection that may end with consumers of streams, see LogReader."""
    connection = amqp.connect(url, "tests")
    try:
        yield connection
    finally:
        with suppress(AMQPError):
            connection.close()


def send(connection: BlockingConnection, *times: int, partition: int = 0) -> None:
    """Messages that came to the door at these times; each time is used once."""
    events = pa.record_batch({"number": [0]})
    for time in times:
        publish(connection, encode(EventMessage("shop", 1, time, events)), partition)


def time_of(body: bytes, content_type: str | None, content_encoding: str | None) -> int:
    return decode(body, content_type, content_encoding).received_us


def gathered(reader: OrderedReader, wanted: int) -> list[tuple[int, int]]:
    """The position and the time of each message."""
    found: list[tuple[int, int]] = []
    for _ in range(200):
        messages = reader.gather(0.2, lambda: 0.05)
        found += [(one.offset, time_of(*one[1:4])) for one in messages]
        reader.done()
        if len(found) >= wanted:
            break
    return found


def test_of_two_steps_that_begin_at_one_place_the_first_counts(
    broker: BlockingConnection, amqp_url: str
) -> None:
    prepare_events(amqp_url, 2)
    with connected(amqp_url) as connection:
        one, other = (StepWriter(connection, Order(amqp_url), 0) for _ in range(2))
        first = one.write({0: 3, 1: 2})
        came_back = other.write({0: 2})
        after = other.write({0: 5})

    assert [5] == [step.end for step in first]
    assert first == came_back
    assert (5, {0: 5, 1: 2}) == (after[0].position, after[0].ends)
    assert [5, 7] == [step.end for step in Order(amqp_url).steps()]


def test_an_order_that_ends_before_what_was_counted_is_refused(
    broker: BlockingConnection, amqp_url: str
) -> None:
    prepare_events(amqp_url, 2)
    with connected(amqp_url) as connection:
        StepWriter(connection, Order(amqp_url), 0).write({0: 3, 1: 2})

        with pytest.raises(LogReplacedError, match=r"its order, events\.order, ends at 4"):
            OrderedReader(connection, amqp_url, 9, 9, 10)


def test_who_found_no_steps_begins_no_order_behind_them(
    broker: BlockingConnection, amqp_url: str
) -> None:
    prepare_events(amqp_url, 2)
    looked = Order(amqp_url)
    with connected(amqp_url) as connection:
        StepWriter(connection, Order(amqp_url), 0).write({0: 3, 1: 2})
        # As one whose look came too early, or was not answered in time by a busy broker.
        late = StepWriter(connection, looked, 5)

    assert {0: 3, 1: 2} == late.last.ends
    assert late.last == Order(amqp_url).last()


def test_what_was_counted_keeps_its_positions_where_it_is_read_again(
    broker: BlockingConnection, amqp_url: str
) -> None:
    prepare_events(amqp_url, 2)
    send(broker, 10, 11, 12, 13, 14, 15)
    # Of a door whose clock is behind.
    send(broker, 1, 2, partition=1)
    with connected(amqp_url) as connection:
        # Counted up to 5 before there were two, and archived up to 2.
        found = gathered(OrderedReader(connection, amqp_url, 2, 5, 10), 6)

    assert [(2, 12), (3, 13), (4, 14)] == found[:3]
    assert [*range(2, 8)] == [position for position, _ in found]
    assert {1, 2, 15} == {time for _, time in found[3:]}


def test_a_backup_has_what_is_put_in_order_while_it_reads(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_events(amqp_url, 2)
    send(broker, 1, 3, 5, 7)
    send(broker, 2, 4, 6, 8, partition=1)
    with connected(amqp_url) as connection:
        writer = StepWriter(connection, Order(amqp_url), 0)
        writer.write({0: 1, 1: 1})
        written = events_log._without

        def counting_goes_on(*arguments):  # type: ignore[no-untyped-def]
            for messages in written(*arguments):
                yield messages
                if writer.last.end == 2:
                    writer.write({0: 3, 1: 2})

        monkeypatch.setattr(events_log, "_without", counting_goes_on)
        made = events_log.dump(amqp_url, tmp_path, (), None, 0, threading.Event())
    kept = [*log.messages_of(tmp_path, made.parts)]

    assert [*range(8)] == [one.offset for one in kept]
    assert [*range(1, 9)] == [time_of(*one[1:4]) for one in kept]


def test_before_the_order_begins_what_was_counted_is_read_of_the_first(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    prepare_events(amqp_url, 2)
    send(broker, 10, 11, 12)
    send(broker, 1, 13, partition=1)
    events = EventsLog(amqp_url)
    counted = [one for some in events.read(threading.Event(), 1) for one in some]
    made = events_log.dump(amqp_url, tmp_path, (), None, 2, threading.Event())
    kept = [time_of(*one[1:4]) for one in log.messages_of(tmp_path, made.parts)]

    assert [(0, 10), (1, 11)] == [(one.offset, time_of(*one[1:4])) for one in counted]
    assert [10, 11, 1, 12, 13] == kept


def test_a_partition_that_gets_more_than_others_falls_not_behind(
    broker: BlockingConnection, amqp_url: str
) -> None:
    prepare_events(amqp_url, 2)
    with connected(amqp_url) as connection:
        reader = OrderedReader(connection, amqp_url, None, 0, 20)
        # In the session, while nothing is read: of those without a key the first has all.
        send(broker, *(time for time in range(1, 161) if time % 4))
        send(broker, *(time for time in range(1, 161) if not time % 4), partition=1)
        times = [time for _, time in gathered(reader, 160)]

    assert {*range(1, 161)} == {*times}
    behind = max(before - time for time, before in zip(times[1:], times, strict=False))
    assert behind <= 50, times
