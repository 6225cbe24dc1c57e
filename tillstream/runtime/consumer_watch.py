"""Notices a consumer that the broker has forgotten: messages are there, and none comes.

RabbitMQ's processes of a queue or a stream may end and begin again, for want of space on the disk
for instance, and then send nothing more, with connection, channel and consumer as they were: a
stream's reader waits for word from a writer that is gone, an acknowledgement was lost with the
process that it went to. Seen on 3.10. Who connects again gets everything.
"""

import time

from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ConsumerCancelled

from tillstream.clock import Clock
from tillstream.runtime.periodic import Every

#: Between two looks, seconds. It takes three of them with nothing heard.
LOOK_SECONDS = 5.0


class ConsumerWatch:
    """Watches one consumer of a queue or a stream, on its channel."""

    def __init__(
        self,
        channel: BlockingChannel,
        queue: str,
        *,
        is_stream: bool,
        monotonic: Clock = time.monotonic,
    ) -> None:
        """A stream keeps what was read: there only what is added counts."""
        self._channel = channel
        self._queue = queue
        self._is_stream = is_stream
        #: Set it when something has come.
        self.heard = False
        #: Messages that need not come; None before the first look of a silence.
        self._base: int | None = None
        #: Whether the look before saw some that should have come.
        self._waited = False
        self._is_blocked = False
        self._looks = Every(LOOK_SECONDS, monotonic)
        self._looks.begin()
        connection = channel.connection
        connection.add_on_connection_blocked_callback(lambda *_: self._block(True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._block(False))

    def look(self) -> None:
        """To be called often, while nothing that came waits for its acknowledgement.

        Raises ConsumerCancelled where messages wait and none comes, and pika's errors.
        """
        if not self._looks.is_due():
            return
        heard, self.heard = self.heard, False
        # While the broker blocks a connection, it answers nothing on it.
        if heard or self._is_blocked:
            self._base, self._waited = None, False
            return
        declared = self._channel.queue_declare(self._queue, passive=True)
        count = int(declared.method.message_count)
        if self._base is None:
            self._base = count if self._is_stream else 0
        # A stream drops its oldest ones.
        self._base = min(self._base, count)
        waits = count > self._base
        if waits and self._waited:
            raise ConsumerCancelled(f"{self._queue} has messages, and the broker sends none")
        self._waited = waits

    def _block(self, is_blocked: bool) -> None:
        self._is_blocked = is_blocked
