"""A dead letter on its way to its queue, with the reason and where it came from."""

from typing import Any

import pika
import structlog
from pika.adapters.blocking_connection import BlockingChannel

from persistence.writer.batch import DeadLetter
from tillstream import topology

log = structlog.get_logger()

DELIVERY_COUNT = "x-delivery-count"
#: The name that the broker itself gives to the queue of what it dead-letters.
FIRST_QUEUE = "x-first-death-queue"


def publish_letter(channel: BlockingChannel, letter: DeadLetter) -> None:
    """Publish on a channel with confirms; raises pika's errors for an unroutable or refused one."""
    delivery, (body, reason) = letter.delivery, letter.reject
    headers: dict[str, Any] = {
        # The count of redeliveries is the queue's, not the message's.
        **{name: each for name, each in delivery.headers.items() if name != DELIVERY_COUNT},
        "x-reason": reason,
        "x-first-death-reason": "rejected",
        FIRST_QUEUE: topology.PERSISTENCE_QUEUE,
        "x-first-death-exchange": delivery.exchange,
    }
    properties = pika.BasicProperties(
        content_type=delivery.content_type,
        # A line of a packed message is dead-lettered as it was before it was packed.
        content_encoding=delivery.content_encoding if body is delivery.body else None,
        headers=headers,
        delivery_mode=2,
    )
    channel.basic_publish(topology.DEAD_LETTERS, "", body, properties, mandatory=True)
    log.error("dead-lettered", reason=reason, bytes=len(body))
