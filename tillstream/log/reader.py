"""Follows a log, that of the receipts unless another is named: RabbitMQ streams, by offset."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ConsumerCancelled

from tillstream import topology
from tillstream.errors import TillstreamError
from tillstream.log.positions import known_as
from tillstream.runtime import broker, resting
from tillstream.runtime.consumer_watch import ConsumerWatch
from tillstream.runtime.tracing.traceparent import TRACEPARENT

#: Unacknowledged messages that the broker sends ahead: at 256 KiB each, at most 50 MB.
PREFETCH = 200

#: Where to start: an offset, a time (the chunk that holds it), `first` or `next`.
Start = int | datetime | str


class LogTruncatedError(TillstreamError):
    """The log no longer holds receipts that would have to be read."""


class StoppedError(TillstreamError):
    """The work was ended before it was done; everything is as it was."""


#: Headers for which a message's headers are kept: traces, and what comes with a delivery
#: (receivers/delivery.py). Others, as those of a restore, are none of its content.
_KEPT = frozenset({TRACEPARENT, "receiver"})


class LogMessage(NamedTuple):
    """A message of the log. Offsets grow, with holes: never subtract them."""

    offset: int
    body: bytes
    content_type: str | None
    content_encoding: str | None = None
    #: Where it has more than its offset: traces (runtime/tracing/traceparent.py), of a delivery
    #: what came with it (receivers/delivery.py).
    headers: Mapping[str, Any] | None = None


def message_digest(message: LogMessage) -> bytes:
    """16 bytes of a message's body: what tells one log from another one at the same offset."""
    return blake2b(message.body, digest_size=16).digest()


class LogReader:
    """A consumer of the log on a channel of its own.

    It ends with its connection: pika cancels it then and rejects what is pending, and RabbitMQ
    3.10 closes the connection for a reject on a stream. `reading` has one of its own for that.
    """

    def __init__(
        self,
        connection: BlockingConnection,
        start: Start | Mapping[int, Start],
        prefetch: int = PREFETCH,
        log: str = topology.RECEIPTS_LOG,
    ) -> None:
        """`start`: of several partitions of the receipts log, for each where to start in its
        stream; their messages come mixed, those of each in their order.
        """
        self._connection = connection
        self._prefetch = prefetch
        self._channel: BlockingChannel = connection.channel()
        self._received: list[LogMessage] = []
        self._last_tag = 0
        self._is_quiet = False
        self._channel.add_on_cancel_callback(self._cancelled)
        #: By partition.
        self._watches: dict[int, ConsumerWatch] = {}
        if not isinstance(start, Mapping):
            self._channel.basic_qos(prefetch_count=prefetch)
            self._consume(log, start, 0)
            return
        # For each consumer: together they have no more ahead than one.
        self._channel.basic_qos(prefetch_count=max(1, prefetch // len(start)))
        for partition, its_start in start.items():
            self._consume(topology.partition_stream(partition), its_start, partition)

    def _consume(self, stream: str, start: Start, partition: int) -> None:
        receive = partial(self._receive, partition=partition)
        self._channel.basic_consume(stream, receive, arguments={"x-stream-offset": start})
        self._watches[partition] = ConsumerWatch(self._channel, stream, is_stream=True)

    def read(self, patience_seconds: float) -> list[LogMessage]:
        """What has come, after waiting for at most `patience_seconds`; may be empty.

        Raises pika's errors: ConsumerCancelled also where the broker has messages and sends none.
        """
        if not self._received:
            if not self._last_tag:
                for watch in self._watches.values():
                    watch.look()
            self._connection.process_data_events(time_limit=patience_seconds)
        messages, self._received = self._received, []
        return messages

    def gather(
        self, patience_seconds: float, more_seconds: Callable[[], float]
    ) -> list[LogMessage]:
        """What comes within `more_seconds` of the first message, asked then, or fills the
        prefetch; empty when none comes in `patience_seconds`.
        """
        messages = self.read(patience_seconds)
        if not messages:
            return messages
        deadline = time.monotonic() + more_seconds()
        if self._is_quiet:
            resting.rest(deadline - time.monotonic())
            while more := self.read(0):
                messages += more
        while len(messages) < self._prefetch and (remaining := deadline - time.monotonic()) > 0:
            messages += self.read(remaining)
        self._is_quiet = resting.is_quiet(len(messages), sum(len(one.body) for one in messages))
        return messages

    def done(self) -> None:
        """All messages read so far are dealt with: the broker may send more."""
        if self._last_tag:
            self._channel.basic_ack(self._last_tag, multiple=True)
            self._last_tag = 0

    def _cancelled(self, _: object) -> None:
        # The stream was deleted: nothing would come any more, and nothing would tell.
        raise ConsumerCancelled("the log was deleted")

    def _receive(
        self,
        _: BlockingChannel,
        method: pika.spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
        partition: int,
    ) -> None:
        headers = properties.headers
        offset = known_as(partition, int(headers["x-stream-offset"]))
        self._received.append(
            LogMessage(
                offset,
                body,
                properties.content_type,
                properties.content_encoding,
                sent_headers(headers) if not _KEPT.isdisjoint(headers) else None,
            )
        )
        self._last_tag = method.delivery_tag
        self._watches[partition].heard = True


def sent_headers(headers: Mapping[str, Any]) -> dict[str, Any]:
    """What the sender of a message said, without the offset that the broker added."""
    # pika gives integers a type of its own, which msgspec cannot encode.
    return {
        name: int(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in headers.items()
        if name != "x-stream-offset"
    }


@contextmanager
def reading(
    url: str,
    start: Start,
    prefetch: int = PREFETCH,
    heartbeat_seconds: int = broker.HEARTBEAT_SECONDS,
    log: str = topology.RECEIPTS_LOG,
) -> Iterator[LogReader]:
    """A reader on a connection of its own, for a bounded look at the log."""
    connection = broker.connect(url, "log reader", heartbeat_seconds)
    try:
        yield LogReader(connection, start, prefetch, log)
    finally:
        # The broker may close it first, see LogReader; there is nothing more to say on it.
        with suppress(AMQPError):
            connection.close()
