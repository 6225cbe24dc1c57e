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

    Raises TopologyDiffersError where the broker has one with other arguments.
    """
    for exchange in topology.exchanges():
        with as_declared("exchange", exchange.name):
            channel.exchange_declare(exchange.name, "fanout", durable=True)
    for queue in topology.queues():
        declare_queue(channel, queue)
        channel.queue_bind(queue.name, queue.exchange)


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
