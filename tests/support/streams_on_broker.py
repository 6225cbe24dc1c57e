"""Streams on the broker of the tests, each of its own name, deleted at the end."""

import uuid
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import pika

from tillstream.runtime import broker

UNSERVED_SECONDS = 600


class Streams:
    """Makes streams, publishes to them with confirms, and deletes them at the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = broker.connect(url, "tests", UNSERVED_SECONDS)
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()
        self._made: list[str] = []

    def make(self, **arguments: int) -> str:
        """The name of a new stream; arguments are the broker's, `_` standing for `-`."""
        name = f"stream-{uuid.uuid4().hex[:8]}"
        given = {f"x-{key.replace('_', '-')}": value for key, value in arguments.items()}
        self._channel.queue_declare(
            name, durable=True, arguments={"x-queue-type": "stream", **given}
        )
        self._made.append(name)
        return name

    def publish(
        self,
        name: str,
        bodies: Sequence[bytes],
        content_type: str | None = None,
        content_encoding: str | None = None,
    ) -> None:
        """Each body a message, confirmed."""
        properties = pika.BasicProperties(
            content_type=content_type, content_encoding=content_encoding, delivery_mode=2
        )
        for body in bodies:
            self._channel.basic_publish("", name, body, properties)

    def delete(self, name: str) -> None:
        self._channel.queue_delete(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        for name in self._made:
            self._channel.queue_delete(name)
        self._connection.close()
