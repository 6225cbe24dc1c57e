"""The door's channels to RabbitMQ: one, with confirms, for each stream that it publishes to.

RabbitMQ counts what a channel publishes to a stream. Where the stream's writer is started anew, a
version before 4.0 sends it again what was not confirmed, numbered by all that the channel has
published (`resend_all` of its rabbit_stream_queue). Where the two counts differ, the writer takes
what follows for repetitions: it is confirmed and not kept. So a channel publishes to one stream
alone, and no more once a message of it may not have come there.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from entrypoint.broker_connection import takes_messages
from tillstream.runtime.cancelling import is_cancelled

#: Longest that channels are opened or closed, seconds.
OPEN_SECONDS = 10


class Way(NamedTuple):
    """How a message comes to its stream."""

    exchange: str
    routing_key: str = ""


class PublishChannels:
    """Those of one connection."""

    def __init__(self, connection: AbstractConnection, ways: Sequence[Way]) -> None:
        self.connection = connection
        self._ways = ways
        self._open: dict[Way, tuple[AbstractChannel, AbstractExchange]] = {}
        self._given_up: list[AbstractChannel] = []
        self._lost = False
        #: Why the connection or a channel is closed, as far as it is known.
        self.lost_by: BaseException | None = None
        self._changed = asyncio.Event()
        connection.close_callbacks.add(lambda _, error: self._close(error))

    async def open(self) -> None:
        """Open those that are missing; raises aio-pika's errors."""
        for way in self._ways:
            if way in self._open:
                continue
            channel = await self.connection.channel(publisher_confirms=True, on_return_raises=True)
            exchange = await channel.get_exchange(way.exchange, ensure=False)
            channel.close_callbacks.add(self._closed)
            self._open[way] = channel, exchange

    def exchange(self, way: Way) -> AbstractExchange | None:
        """Where to publish; None while its channel is being opened."""
        found = self._open.get(way)
        return None if found is None else found[1]

    def give_up(self, way: Way, exchange: AbstractExchange) -> None:
        """Publish nothing more on its channel: a message of it may not have come to its stream."""
        if self.exchange(way) is exchange:
            channel, _ = self._open.pop(way)
            self._given_up.append(channel)
            self._changed.set()

    async def keep_open(self) -> None:
        """Open anew what was given up; return when the connection or another channel is closed."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            # While the broker blocks the connection, it does not answer on it.
            while not (self._lost or await takes_messages(self.connection)):
                pass
            if self._lost or not await self._renewed():
                return

    async def _renewed(self) -> bool:
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await self.open()
                while self._given_up:
                    await self._given_up.pop().close()
        except (AMQPError, ChannelInvalidStateError, OSError, TimeoutError) as error:
            self.lost_by = self.lost_by or error
            return False
        except asyncio.CancelledError:
            if is_cancelled():
                raise
            return False
        return True

    def _closed(self, closed: AbstractChannel | None, error: BaseException | None) -> None:
        if any(channel is closed for channel, _ in self._open.values()):
            self._close(error)

    def _close(self, error: BaseException | None) -> None:
        self._lost = True
        self.lost_by = self.lost_by or error
        self._changed.set()
