"""The streams of the log of events: made, bound, and asked where they begin and end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tillstream import topology
from tillstream.log import looking_up
from tillstream.runtime import broker

#: Streams that are asked at once, each on a connection of its own.
_ASKED_AT_ONCE = 32


def prepare_events(url: str, partitions: int) -> int:
    """Declare and bind so many partitions; returns how many there are, with those not fed any more.

    Whoever is set to a number does so before publishing or reading anything.
    """
    with broker.connect(url, "partitions", heartbeat_seconds=0) as connection:
        channel = connection.channel()
        there = max(partitions, broker.event_partitions(connection))
        if there > 1:
            broker.declare_queue(channel, topology.order_queue())
        for queue in topology.event_queues(there):
            broker.declare_queue(channel, queue)
        channel.exchange_declare(topology.EVENTS, "fanout", durable=True)
        broker.bind_events(channel, there)
        channel.close()
    return there


def stream_of(partition: int) -> str:
    """The stream of a partition."""
    return topology.partition_stream(partition, topology.EVENTS_LOG)


def last_offsets(url: str, partitions: int) -> dict[int, int]:
    """The last offset of each partition that has any message; raises pika's errors."""
    return _asked(url, partitions, looking_up.last_offset)


def first_offsets(url: str, partitions: int) -> dict[int, int]:
    """As `last_offsets`, the first ones."""
    return _asked(url, partitions, looking_up.first_offset)


def _asked(url: str, partitions: int, ask: Callable[[str, str], int | None]) -> dict[int, int]:
    # An empty stream is waited for a second.
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        found = pool.map(lambda number: ask(url, stream_of(number)), range(partitions))
    return {number: offset for number, offset in enumerate(found) if offset is not None}
