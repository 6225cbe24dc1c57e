"""Names of exchanges and queues, and the one declaration of them all."""

from typing import Any, NamedTuple

#: The public contract: these names do not change.
RECEIPTS = "receipts"
COUNT = "count"
CATEGORIES = "categories"
METRICS_DB = "metrics-db"
METRICS_STORM = "metrics-storm"
RESULTS = (COUNT, CATEGORIES, METRICS_DB, METRICS_STORM)

#: Beside the contract, from the totals worker: further breakdowns of the day, and the tills.
BREAKDOWNS = "breakdowns"
TILLS = "tills"
DETAILS = (BREAKDOWNS, TILLS)

#: Where the persistence worker takes receipts from: a quorum queue.
PERSISTENCE_QUEUE = "persistence"
#: The durable log that the analytics read by offset: a stream.
RECEIPTS_LOG = "receipts.log"
#: What could not be decoded or stored, with its reason: exchange and queue.
DEAD_LETTERS = "receipts.dead"

#: With LOG_PARTITIONS above 1: a direct exchange behind RECEIPTS, which keeps the routing keys, and
#: by them each message comes to one partition (docs/decisions/0031-log-in-partitions.md).
RECEIPTS_PARTITIONS = "receipts.partitions"
#: Where each change of their number stands in the log: a stream (tillstream/log/marks.py).
RECEIPTS_MARKS = "receipts.marks"
#: Each is a stream with a writer and an open file of its own in RabbitMQ.
MAX_PARTITIONS = 64

#: Events of declared streams, one batch of one stream a message, and their log: a stream.
EVENTS = "events"
EVENTS_LOG = "events.log"
#: A direct exchange behind EVENTS, which routes by partition, and a fanout for what names none:
#: that is the first one's.
EVENTS_PARTITIONS = "events.partitions"
EVENTS_REST = "events.rest"
#: In what order the messages of several partitions are counted: a stream (tillstream/log/order.py).
EVENTS_ORDER = "events.order"
#: What the windows worker makes of them (tillstream/streams/window_rows.py).
WINDOWS = "windows"
#: Conversions with their touches, as they change (tillstream/streams/changes.py).
ATTRIBUTION = "attribution"

#: What receivers' vendors sent, as it came, and its log: a stream (docs/receivers.md).
DELIVERIES = "deliveries"
DELIVERIES_LOG = "deliveries.log"
#: What became of them (tillstream/receivers/snapshots.py).
RECEIVERS = "receivers"
#: Whole segments are dropped, and a quiet shop fills one slowly: with names and addresses in it, it
#: is a small one.
DELIVERIES_SEGMENT_BYTES = 4_000_000

#: An entry of the order takes some 100 bytes, and there are a few of them in a second.
ORDER_MAX_BYTES, ORDER_SEGMENT_BYTES = 2_000_000_000, 20_000_000

#: The log keeps at least this much and drops whole segments beyond it.
LOG_MAX_BYTES = 50_000_000_000
LOG_SEGMENT_BYTES = 100_000_000

_MARKS_ARGUMENTS = {"x-queue-type": "stream", "x-max-length-bytes": 100_000_000}
_LOG_ARGUMENTS = {
    "x-queue-type": "stream",
    "x-max-length-bytes": LOG_MAX_BYTES,
    "x-stream-max-segment-size-bytes": LOG_SEGMENT_BYTES,
}


_ORDER_ARGUMENTS = {
    "x-queue-type": "stream",
    "x-max-length-bytes": ORDER_MAX_BYTES,
    "x-stream-max-segment-size-bytes": ORDER_SEGMENT_BYTES,
}


class Exchange(NamedTuple):
    """A fanout exchange, durable."""

    name: str


class Queue(NamedTuple):
    """A durable queue, its arguments and the fanout exchange that feeds it."""

    name: str
    arguments: dict[str, Any]
    exchange: str


def exchanges() -> tuple[Exchange, ...]:
    """Every public exchange: receipts, results and details, dead letters, events, deliveries."""
    of_receipts = (RECEIPTS, *RESULTS, *DETAILS, DEAD_LETTERS)
    names = (*of_receipts, EVENTS, WINDOWS, ATTRIBUTION, DELIVERIES, RECEIVERS)
    return tuple(Exchange(name) for name in names)


def queue(name: str) -> Queue:
    """The durable queue of that name."""
    (found,) = (one for one in queues() if one.name == name)
    return found


def queues() -> tuple[Queue, ...]:
    """Every durable queue; the arguments exist on RabbitMQ 3.10 as on 4.x."""
    return (
        Queue(
            PERSISTENCE_QUEUE,
            {
                "x-queue-type": "quorum",
                "x-dead-letter-exchange": DEAD_LETTERS,
                # A dead letter is confirmed by its queue before it leaves this one.
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
                # RabbitMQ 4 gives a message up after 20 redeliveries unless told otherwise; an
                # outage of MongoDB may take more, and a receipt is never given up.
                "x-delivery-limit": 1_000_000_000,
            },
            RECEIPTS,
        ),
        Queue(RECEIPTS_LOG, _LOG_ARGUMENTS, RECEIPTS),
        *event_queues(1),
        Queue(DEAD_LETTERS, {"x-queue-type": "quorum"}, DEAD_LETTERS),
    )


def partition_stream(partition: int, log: str = RECEIPTS_LOG) -> str:
    """The stream of a partition of a log: the first keeps the name of the whole."""
    return f"{log}.{partition}" if partition else log


def partition_number(stream: str, log: str = RECEIPTS_LOG) -> int:
    """The partition whose stream it is."""
    return int(stream.removeprefix(log).removeprefix(".") or 0)


def routing_key(partition: int) -> str:
    """With what a message for a partition is published; one without is for the first."""
    return str(partition) if partition else ""


def partition_queues(partitions: int) -> tuple[Queue, ...]:
    """The streams of a log in so many partitions, bound to RECEIPTS_PARTITIONS by their keys."""
    return tuple(
        Queue(partition_stream(number), _LOG_ARGUMENTS, RECEIPTS_PARTITIONS)
        for number in range(partitions)
    )


def event_queues(partitions: int) -> tuple[Queue, ...]:
    """The streams of the log of events in so many partitions, bound to EVENTS_PARTITIONS."""
    first = Queue(EVENTS_LOG, _LOG_ARGUMENTS, EVENTS_REST)
    others = (partition_stream(number, EVENTS_LOG) for number in range(1, partitions))
    return (first, *(Queue(name, _LOG_ARGUMENTS, EVENTS_PARTITIONS) for name in others))


def marks_queue() -> Queue:
    """The stream of the marks, which no exchange feeds."""
    return Queue(RECEIPTS_MARKS, _MARKS_ARGUMENTS, "")


def order_queue() -> Queue:
    """The stream of the order of events, which no exchange feeds."""
    return Queue(EVENTS_ORDER, _ORDER_ARGUMENTS, "")


def deliveries_queue(max_age: str, max_bytes: int) -> Queue:
    """The stream of deliveries, kept no longer than `max_age` ("7D") and no more than `max_bytes`.

    It is none of `queues`: settings say how much it keeps, and a log that another setting has made
    stays as it is.
    """
    arguments = {
        "x-queue-type": "stream",
        "x-max-age": max_age,
        "x-max-length-bytes": max_bytes,
        "x-stream-max-segment-size-bytes": DELIVERIES_SEGMENT_BYTES,
    }
    return Queue(DELIVERIES_LOG, arguments, DELIVERIES)
