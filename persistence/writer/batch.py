"""A batch of deliveries on their way to MongoDB: when it is full, when it is due."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Self

import pika

from persistence.writer.entries import Entry, Reject, read_message
from tillstream.runtime.resting import is_quiet
from tillstream.runtime.tracing.traceparent import TRACEPARENT
from tillstream.stores import StoreTable


class Limits(NamedTuple):
    """Bounds of a batch; the first that is reached closes it. A message is never divided."""

    messages: int = 500
    receipts: int = 4_000
    #: Of message bodies.
    bytes: int = 4 * 1024 * 1024
    #: Since the first message was taken, seconds: [0, age) is open.
    age_seconds: float = 0.1


LIMITS = Limits()

#: Messages that the broker may hand out before an ack: the batch that is written and the next.
#: A message of the door has 256 KiB at most, so what waits here stays under 256 MiB.
PREFETCH = 2 * LIMITS.messages


class Delivery(NamedTuple):
    """A message as the broker delivered it."""

    tag: int
    body: bytes
    content_type: str | None
    #: The exchange it was published to, and its headers.
    exchange: str
    headers: dict[str, Any]
    content_encoding: str | None = None

    @classmethod
    def of(
        cls,
        method: pika.spec.Basic.Deliver | pika.spec.Basic.GetOk,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> Self:
        """As pika hands it out."""
        return cls(
            method.delivery_tag,
            body,
            properties.content_type,
            method.exchange,
            properties.headers or {},
            properties.content_encoding,
        )


class DeadLetter(NamedTuple):
    """Bytes that cannot be archived, and the delivery that held them."""

    reject: Reject
    delivery: Delivery


class Batch:
    """What consecutive deliveries held: receipts to store, dead letters to publish."""

    def __init__(self, opened_at: float, limits: Limits) -> None:
        """`opened_at`: seconds of a clock that only goes forward."""
        self.entries: list[Entry] = []
        #: Where each entry came from; as long as `entries`.
        self.sources: list[Delivery] = []
        self.dead_letters: list[DeadLetter] = []
        #: The last delivery's tag: an ack of it with `multiple` covers the whole batch.
        self.last_tag = 0
        self._opened_at = opened_at
        self._limits = limits
        self._messages = 0
        #: Headers of messages that name traces.
        self.traced: list[dict[str, Any]] = []
        self._bytes = 0

    def add(self, delivery: Delivery, stores: StoreTable) -> None:
        """Take in a delivery, decoded."""
        reading = read_message(
            delivery.body, delivery.content_type, stores, delivery.content_encoding
        )
        self.entries += reading.entries
        self.sources += [delivery] * len(reading.entries)
        self.dead_letters += [DeadLetter(reject, delivery) for reject in reading.rejects]
        self._messages += 1
        if TRACEPARENT in delivery.headers:
            self.traced.append(delivery.headers)
        self._bytes += len(delivery.body)
        self.last_tag = delivery.tag

    def letters(self, refused: Iterable[tuple[int, str]]) -> list[DeadLetter]:
        """What was no receipt, and the entries that MongoDB refused: index and reason."""
        return self.dead_letters + [
            DeadLetter(Reject(self.entries[index].raw, f"MongoDB: {reason}"), self.sources[index])
            for index, reason in refused
        ]

    def is_full(self) -> bool:
        """Whether a bound of count or size is reached."""
        return (
            self._messages >= self._limits.messages
            or len(self.entries) + len(self.dead_letters) >= self._limits.receipts
            or self._bytes >= self._limits.bytes
        )

    def is_small(self) -> bool:
        """Whether so little came that nothing is held up where it is not read at once."""
        return is_quiet(self._messages, self._bytes)

    def remaining(self, now: float) -> float:
        """Seconds until the batch is to be written; 0 when it is."""
        if self.is_full():
            return 0.0
        return max(self._opened_at + self._limits.age_seconds - now, 0.0)
