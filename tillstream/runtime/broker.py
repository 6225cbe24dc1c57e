"""RabbitMQ for the workers: connect, declare, publish results, reconnect with backoff."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import pika
import pika.exceptions
import structlog
from pika.adapters.blocking_connection import BlockingChannel as BlockingChannel
from pika.adapters.blocking_connection import BlockingConnection

from tillstream import topology
from tillstream.errors import TopologyDiffersError
from tillstream.receipt import Wire
from tillstream.runtime import retry
from tillstream.runtime.outage import Outage
from tillstream.runtime.settings import redacted
from tillstream.runtime.watching.health import Vitals

log = structlog.get_logger()

#: Seconds without traffic after which a peer is taken for dead.
HEARTBEAT_SECONDS = 10
#: Longest wait between two attempts to connect, seconds.
MAX_BACKOFF_SECONDS = 5
#: AMQP's reply code to a declaration that differs from what is there.
PRECONDITION_FAILED = 406
#: Of a question for what is not there.
NOT_FOUND = 404

_TRANSIENT = pika.BasicProperties(content_type="application/json", delivery_mode=1)


def connect(url: str, name: str, heartbeat_seconds: int = HEARTBEAT_SECONDS) -> BlockingConnection:
    """A connection that the broker shows under `name`. Raises pika's AMQPConnectionError.

    The broker closes it when it is not served for two heartbeats.
    """
    parameters = pika.URLParameters(url)
    parameters.heartbeat = heartbeat_seconds
    parameters.blocked_connection_timeout = 60
    parameters.socket_timeout = 5
    parameters.stack_timeout = 10
    parameters.client_properties = {"connection_name": name}
    return BlockingConnection(parameters)


def declare(channel: BlockingChannel) -> None:
    """Declare every exchange, queue and binding; a repetition changes nothing.

    The partitions of a log that has more than one are left as they are, and bound. Raises
    TopologyDiffersError where the broker has one with other arguments.
    """
    partitions = partitions_of(channel.connection)
    for exchange in topology.exchanges():
        with as_declared("exchange", exchange.name):
            channel.exchange_declare(exchange.name, "fanout", durable=True)
    for queue in topology.queues():
        declare_queue(channel, queue)
        if queue.name not in (topology.RECEIPTS_LOG, topology.EVENTS_LOG):
            channel.queue_bind(queue.name, queue.exchange)
    bind_log(channel, partitions)
    bind_events(channel)


def declare_deliveries(connection: BlockingConnection, queue: topology.Queue) -> None:
    """Declare the stream of deliveries with its exchange; one that keeps more or less stays."""
    channel = connection.channel()
    try:
        declare_queue(channel, queue)
    except TopologyDiffersError as error:
        log.warning("the log of deliveries keeps as much as before", reason=error.said)
        channel = connection.channel()
    channel.exchange_declare(queue.exchange, "fanout", durable=True)
    channel.queue_bind(queue.name, queue.exchange)
    channel.close()


def bind_log(channel: BlockingChannel, partitions: int | None) -> None:
    """Bind the receipts log; `partitions` is None of one that never had more than one."""
    if partitions is None:
        channel.queue_bind(topology.RECEIPTS_LOG, topology.RECEIPTS)
        return
    for number in range(partitions):
        channel.queue_bind(
            topology.partition_stream(number),
            topology.RECEIPTS_PARTITIONS,
            topology.routing_key(number),
        )
    channel.exchange_bind(topology.RECEIPTS_PARTITIONS, topology.RECEIPTS)
    # A message that has two ways to a queue comes to it once: between the two nothing is doubled.
    channel.queue_unbind(topology.RECEIPTS_LOG, topology.RECEIPTS)


def bind_events(channel: BlockingChannel, partitions: int = 1) -> None:
    """Bind so many partitions of the log of events, which are declared."""
    channel.exchange_declare(topology.EVENTS_REST, "fanout", durable=True)
    with as_declared("exchange", topology.EVENTS_PARTITIONS):
        channel.exchange_declare(
            topology.EVENTS_PARTITIONS,
            "direct",
            durable=True,
            arguments={"alternate-exchange": topology.EVENTS_REST},
        )
    for queue in topology.event_queues(partitions):
        number = topology.partition_number(queue.name, topology.EVENTS_LOG)
        channel.queue_bind(queue.name, queue.exchange, topology.routing_key(number))
    channel.exchange_bind(topology.EVENTS_PARTITIONS, topology.EVENTS)
    # As it was before there were partitions.
    channel.queue_unbind(topology.EVENTS_LOG, topology.EVENTS)


def partitions_of(connection: BlockingConnection) -> int | None:
    """How many partitions the receipts log has; None of one that never had more than one.

    Those that are not fed any more are among them.
    """
    if not _exists(
        connection,
        lambda channel: channel.exchange_declare(topology.RECEIPTS_PARTITIONS, passive=True),
    ):
        return None
    return _streams_of(connection, topology.RECEIPTS_LOG)


def event_partitions(connection: BlockingConnection) -> int:
    """How many partitions the log of events has, those that are not fed any more included."""
    return _streams_of(connection, topology.EVENTS_LOG)


def _streams_of(connection: BlockingConnection, log_name: str) -> int:
    number = 1
    while _exists(
        connection,
        lambda channel: channel.queue_declare(
            topology.partition_stream(number, log_name),  # noqa: B023
            passive=True,
        ),
    ):
        number += 1
    return number


def _exists(connection: BlockingConnection, ask: Callable[[BlockingChannel], object]) -> bool:
    # The broker closes the channel where there is none.
    channel = connection.channel()
    try:
        ask(channel)
    except pika.exceptions.ChannelClosedByBroker as error:
        if error.reply_code != NOT_FOUND:
            raise
        return False
    channel.close()
    return True


def declare_queue(channel: BlockingChannel, queue: topology.Queue) -> None:
    """Declare one queue, without its binding; raises TopologyDiffersError."""
    with as_declared("queue", queue.name):
        channel.queue_declare(queue.name, durable=True, arguments=queue.arguments)


@contextmanager
def as_declared(kind: str, name: str) -> Iterator[None]:
    """Make the broker's refusal of a declaration a TopologyDiffersError: no retry mends it."""
    try:
        yield
    except pika.exceptions.ChannelClosedByBroker as error:
        if error.reply_code != PRECONDITION_FAILED:
            raise
        raise TopologyDiffersError(kind, name, error.reply_text) from error


def publish_snapshot(channel: BlockingChannel, exchange: str, snapshot: Wire) -> None:
    """Send a snapshot; it is absolute and repeated, so it needs neither disk nor confirm."""
    channel.basic_publish(exchange, "", msgspec.json.encode(snapshot), _TRANSIENT)


def keep_connected(
    url: str,
    name: str,
    session: Callable[[BlockingConnection], None],
    stop: threading.Event,
    vitals: Vitals | None = None,
) -> None:
    """Run `session` on a fresh connection, again after each loss, until `stop` is set.

    A session returns only when `stop` is set; what it had not acknowledged comes again. `vitals`
    hear of each connection and each loss; the turns in between are the session's to tell.
    """
    outage = Outage()

    def attempt() -> None:
        connection = connect(url, name)
        log.info("connected", broker=redacted(url), **outage.over())
        if vitals is not None:
            vitals.connected()
        try:
            session(connection)
        finally:
            if connection.is_open:
                connection.close()

    def away(error: BaseException) -> None:
        if vitals is not None:
            # To wait for the broker is a turn too.
            vitals.turn()
            vitals.away(f"the broker is away: {type(error).__name__}")
        if (fields := outage.failed()) is not None:
            log.warning("broker away, trying again", error=repr(error), **fields)

    retry.until_stopped(
        attempt,
        (pika.exceptions.AMQPError, OSError),
        stop,
        away,
        first_seconds=0.2,
        most_seconds=MAX_BACKOFF_SECONDS,
    )
