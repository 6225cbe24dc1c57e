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

#: The log keeps at least this much and drops whole segments beyond it.
LOG_MAX_BYTES = 50_000_000_000
LOG_SEGMENT_BYTES = 100_000_000

_MARKS_ARGUMENTS = {"x-queue-type": "stream", "x-max-length-bytes": 100_000_000}
_LOG_ARGUMENTS = {
    "x-queue-type": "stream",
    "x-max-length-bytes": LOG_MAX_BYTES,
    "x-stream-max-segment-size-bytes": LOG_SEGMENT_BYTES,
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
    """Every exchange: receipts, results and details, dead letters, events, deliveries."""
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
        Queue(EVENTS_LOG, _LOG_ARGUMENTS, EVENTS),
        Queue(DEAD_LETTERS, {"x-queue-type": "quorum"}, DEAD_LETTERS),
    )


def partition_stream(partition: int) -> str:
    """The stream of a partition of the receipts log: the first keeps the name of the whole."""
    return f"{RECEIPTS_LOG}.{partition}" if partition else RECEIPTS_LOG


def partition_number(stream: str) -> int:
    """The partition whose stream it is."""
    return int(stream.removeprefix(RECEIPTS_LOG).removeprefix(".") or 0)


def routing_key(partition: int) -> str:
    """With what a message for a partition is published; one without is for the first."""
    return str(partition) if partition else ""


def partition_queues(partitions: int) -> tuple[Queue, ...]:
    """The streams of a log in so many partitions, bound to RECEIPTS_PARTITIONS by their keys."""
    return tuple(
        Queue(partition_stream(number), _LOG_ARGUMENTS, RECEIPTS_PARTITIONS)
        for number in range(partitions)
    )


def marks_queue() -> Queue:
    """The stream of the marks, which no exchange feeds."""
    return Queue(RECEIPTS_MARKS, _MARKS_ARGUMENTS, "")


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
