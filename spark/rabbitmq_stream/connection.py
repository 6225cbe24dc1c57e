"""Connections to the broker, consumers of a stream on them, and when to give a broker up."""

import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import pika
from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker, ConsumerCancelled

from .errors import BrokerLostError

log = logging.getLogger(__name__)

#: Unacknowledged messages that the broker sends ahead.
PREFETCH = 200
#: Seconds without traffic after which a peer is taken for dead; the broker waits for two of them.
HEARTBEAT_SECONDS = 30
#: What can go wrong between here and the broker.
BROKER_ERRORS = (AMQPError, OSError)
#: AMQP's reply codes that no second attempt mends: refused, no such stream, locked, differs.
_LASTING = frozenset({403, 404, 405, 406})
_FIRST_WAIT_SECONDS, _MOST_WAIT_SECONDS = 0.2, 3.0


class Message(NamedTuple):
    """A message of a stream. Offsets grow, with holes: never subtract them."""

    offset: int
    body: bytes
    content_type: str | None
    content_encoding: str | None
    #: Seconds since 1970, as the publisher said; None where it did not.
    timestamp: int | None
    #: The one that it is of.
    stream: str = ""


class Retry:
    """Waits with backoff and jitter after each error, until too long without progress."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.progressed()

    def progressed(self) -> None:
        """Something came: the broker may be away again for as long."""
        self._deadline = time.monotonic() + self._seconds
        self._limit = _FIRST_WAIT_SECONDS

    def wait(self, error: BaseException) -> None:
        """Raises BrokerLostError where the next attempt would be in vain."""
        lasting = isinstance(error, ChannelClosedByBroker) and error.reply_code in _LASTING
        if lasting or time.monotonic() > self._deadline:
            raise BrokerLostError(f"the broker: {error!r}") from error
        log.warning("broker away, trying again: %r", error)
        time.sleep(random.uniform(self._limit / 2, self._limit))  # noqa: S311 # jitter
        self._limit = min(2 * self._limit, _MOST_WAIT_SECONDS)


def connect(url: str) -> BlockingConnection:
    """A connection; raises BROKER_ERRORS. No message of it has the password."""
    parameters = pika.URLParameters(url)
    parameters.heartbeat = HEARTBEAT_SECONDS
    parameters.socket_timeout = 5
    parameters.stack_timeout = 10
    parameters.blocked_connection_timeout = 60
    parameters.client_properties = {"connection_name": "spark rabbitmq-stream"}
    return BlockingConnection(parameters)


@contextmanager
def connected(url: str) -> Iterator[BlockingConnection]:
    """A connection for a while."""
    connection = connect(url)
    try:
        yield connection
    finally:
        # The broker may have closed it; there is nothing more to say on it.
        with suppress(*BROKER_ERRORS):
            connection.close()


class Consumer:
    """Reads a stream from a start on: an offset, `first`, `last` (the last chunk) or `next`."""

    def __init__(
        self,
        connection: BlockingConnection,
        stream: str,
        start: int | str,
        prefetch: int = PREFETCH,
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._received: list[Message] = []
        self._last_tag = 0
        self._channel = connection.channel()
        # pika rejects what is pending when a consumer ends, and RabbitMQ 3.10 closes the connection
        # for a reject on a stream (540). A stream needs none: nothing goes back to it.
        self._channel._impl.basic_reject = _reject_nothing
        self._channel.basic_qos(prefetch_count=prefetch)
        self._channel.add_on_cancel_callback(self._cancelled)
        self._channel.basic_consume(stream, self._receive, arguments={"x-stream-offset": start})

    def read(self, patience_seconds: float) -> list[Message]:
        """What has come, after waiting for at most `patience_seconds`; may be empty."""
        if not self._received:
            self._connection.process_data_events(time_limit=patience_seconds)
        messages, self._received = self._received, []
        return messages

    def more(self) -> None:
        """All messages read so far are dealt with: the broker may send more."""
        if self._last_tag:
            self._channel.basic_ack(self._last_tag, multiple=True)
            self._last_tag = 0

    def close(self) -> None:
        """End it; the connection stays."""
        if self._channel.is_open:
            self._channel.close()

    def _cancelled(self, _: object) -> None:
        # The stream was deleted: nothing would come any more, and nothing would tell.
        raise ConsumerCancelled("the stream was deleted")

    def _receive(self, _: object, method: Any, properties: Any, body: bytes) -> None:
        self._received.append(
            Message(
                # pika gives an integer type of its own.
                int(properties.headers["x-stream-offset"]),
                body,
                properties.content_type,
                properties.content_encoding,
                None if properties.timestamp is None else int(properties.timestamp),
                self._stream,
            )
        )
        self._last_tag = method.delivery_tag


def _reject_nothing(*_: object, **__: object) -> None:
    pass
