"""Reads the receipts log: a RabbitMQ stream, by offset, in bounded batches."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection

from tillstream import topology

#: Unacknowledged messages that the broker sends ahead: at 256 KiB each, at most 50 MB.
PREFETCH = 200

#: Where to start: an offset, a time (the chunk that holds it), `first` or `next`.
Start = int | datetime | str


class LogMessage(NamedTuple):
    """A message of the log. Offsets grow, with holes: never subtract them."""

    offset: int
    body: bytes
    content_type: str | None


class LogReader:
    """A consumer of the log on a channel of its own.

    It ends with its connection: cancelling it would reject what is pending, and RabbitMQ 3.10
    closes the connection for a reject on a stream.
    """

    def __init__(self, connection: BlockingConnection, start: Start) -> None:
        self._connection = connection
        self._channel: BlockingChannel = connection.channel()
        self._channel.basic_qos(prefetch_count=PREFETCH)
        self._received: list[LogMessage] = []
        self._last_tag = 0
        self._channel.basic_consume(
            topology.RECEIPTS_LOG, self._receive, arguments={"x-stream-offset": start}
        )

    def read(self, patience_seconds: float) -> list[LogMessage]:
        """What has come, after waiting for at most `patience_seconds`; may be empty."""
        if not self._received:
            self._connection.process_data_events(time_limit=patience_seconds)
        messages, self._received = self._received, []
        return messages

    def done(self) -> None:
        """All messages read so far are dealt with: the broker may send more."""
        if self._last_tag:
            self._channel.basic_ack(self._last_tag, multiple=True)
            self._last_tag = 0

    def _receive(
        self,
        _: BlockingChannel,
        method: pika.spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        offset = properties.headers["x-stream-offset"]
        self._received.append(LogMessage(offset, body, properties.content_type))
        self._last_tag = method.delivery_tag


#: Called at every turn of a worker's loop, to publish what is due.
Tick = Callable[[], None]
