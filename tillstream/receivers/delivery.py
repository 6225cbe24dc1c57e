"""One delivery of a vendor as it came, and its form on the stream `deliveries.log`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tillstream.errors import UndecodableMessageError

#: Headers of the message; its body is that of the request, byte by byte.
RECEIVER, TOPIC, DELIVERY, SOURCE = "receiver", "topic", "delivery", "source"
RECEIVED_US = "received_us"


class Delivery(NamedTuple):
    """A request that a vendor sent, its signature checked."""

    #: The definition's name.
    receiver: str
    #: The vendor's type of the event, "" where no header has it.
    topic: str
    #: The vendor's id of the delivery, "" where no header has it.
    delivery: str
    #: The shop or place that a header names, else "".
    source: str
    #: When it came, Unix microseconds.
    received_us: int
    body: bytes


def message_headers(delivery: Delivery) -> dict[str, str | int]:
    """The AMQP headers that go with the body."""
    return {
        RECEIVER: delivery.receiver,
        TOPIC: delivery.topic,
        DELIVERY: delivery.delivery,
        SOURCE: delivery.source,
        RECEIVED_US: delivery.received_us,
    }


def of_message(headers: Mapping[str, Any] | None, body: bytes) -> Delivery:
    """The delivery of a message; raises UndecodableMessageError."""
    found = headers or {}
    texts = []
    for name in (RECEIVER, TOPIC, DELIVERY, SOURCE):
        value = found.get(name, "")
        if not isinstance(value, str):
            raise UndecodableMessageError(f"header {name!r} is no text")
        texts.append(value)
    received = found.get(RECEIVED_US)
    if not texts[0]:
        raise UndecodableMessageError(f"header {RECEIVER!r} is missing")
    if not isinstance(received, int) or isinstance(received, bool):
        raise UndecodableMessageError(f"header {RECEIVED_US!r} is no integer")
    return Delivery(texts[0], texts[1], texts[2], texts[3], received, body)
