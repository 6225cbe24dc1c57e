"""Publishes what the outbox has, and again what does not come back by the log.

Nothing is waited for: that a message is in the log is known when it is read there. Where the log
is read to a time long after the message was sent, and it did not come, it is sent again with the
same bytes; should both be there, the second one is dropped by its name.
"""

import random
from collections import deque
from typing import NamedTuple

import pika
import structlog

from events.outbox.table import Kept, Outbox
from tillstream import topology
from tillstream.runtime import broker
from tillstream.streams.definition import MICROSECONDS

log = structlog.get_logger()

#: Messages that are sent at a time: what is more waits for the next commit or beat.
MOST_MESSAGES = 20
#: How long a message may take to the log, microseconds of its clock, and at most after some tries.
AWAITED_US = 5 * MICROSECONDS
LONGEST_AWAITED_US = 60 * MICROSECONDS


class _Sent(NamedTuple):
    seq: int
    #: When it is taken for lost, by the log's clock.
    due_us: int
    awaited_us: int


class OutboxPublisher:
    """One session's: whatever did not come back before it is sent anew."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._sent: deque[_Sent] = deque()
        self._newest = 0

    def publish(self, channel: broker.BlockingChannel, now_us: int, log_clock_us: int) -> None:
        """Send what is new, and what should have come back.

        `log_clock_us` is when the newest message that was read came to the log, or `now_us` where
        all of it was read.
        """
        for message in self._outbox.unpublished(self._newest, MOST_MESSAGES):
            self._newest = message.seq
            self._send(channel, message, now_us, AWAITED_US)
        for _ in range(min(MOST_MESSAGES, len(self._sent))):
            oldest = self._sent[0]
            lost = self._outbox.unpublished(oldest.seq - 1, 1)
            if not lost or lost[0].seq != oldest.seq:
                # It came back.
                self._sent.popleft()
                continue
            if oldest.due_us > log_clock_us:
                break
            self._sent.popleft()
            log.warning("a message did not come back by the log, it is sent again", seq=oldest.seq)
            self._send(channel, lost[0], now_us, min(2 * oldest.awaited_us, LONGEST_AWAITED_US))

    def _send(
        self, channel: broker.BlockingChannel, message: Kept, now_us: int, awaited_us: int
    ) -> None:
        packed = message.packed
        properties = pika.BasicProperties(
            content_type=packed.content_type,
            content_encoding=packed.content_encoding,
            delivery_mode=2,
        )
        # One that is returned does not come back: it is sent again.
        channel.basic_publish(topology.EVENTS, "", packed.body, properties, mandatory=True)
        patience_us = int(awaited_us * random.uniform(1.0, 1.5))  # noqa: S311 - jitter
        self._sent.append(_Sent(message.seq, now_us + patience_us, awaited_us))
