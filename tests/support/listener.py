"""Hears the snapshots of a result exchange."""

from collections.abc import Callable
from typing import Any

import msgspec
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.waiting import wait_until


class Listener:
    """The newest snapshot of an exchange."""

    def __init__(
        self,
        connection: BlockingConnection,
        exchange: str,
        kind: type[Any],
        hear: Callable[[Any], None] = lambda _: None,
    ) -> None:
        """`hear` is told of each one."""
        self._hear = hear
        self._channel = connection.channel()
        declared = self._channel.queue_declare("", exclusive=True)
        self._queue = declared.method.queue
        self._channel.queue_bind(self._queue, exchange)
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind)
        self.newest: Any = None

    def poll(self) -> Any:
        while True:
            method, _, body = self._channel.basic_get(self._queue, auto_ack=True)
            if method is None:
                return self.newest
            self.newest = self._decoder.decode(body)
            self._hear(self.newest)

    def wait_for(self, condition: Callable[[Any], bool], what: str) -> Any:
        def holds() -> Any:
            newest = self.poll()
            return newest if newest is not None and condition(newest) else None

        return wait_until(holds, 30, what)
