"""The other places that receipts can be sent to: the broker itself, or a file."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import aio_pika
import msgspec
import structlog
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, DeliveryError

from generator.delivery import Answer, rest
from generator.faults import GARBAGE
from generator.issued_receipt import IssuedReceipt
from tillstream import topology
from tillstream.clock import Clock
from tillstream.codec import JSON, NDJSON
from tillstream.runtime.cancelling import is_cancelled
from tillstream.runtime.settings import redacted

log = structlog.get_logger()

#: Longest wait for a connection or a confirm, seconds.
BROKER_SECONDS = 10.0
#: The door's stamps: fields of these names are taken out before.
STAMPS = ("receivedTime", "marks")
_QUOTED = tuple(f'"{name}"'.encode() for name in STAMPS)


class File:
    """Writes receipts to `path`, one a line, from its beginning. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=1 << 20)

    async def post(self, parcel: Sequence[IssuedReceipt], /) -> Answer:
        """Written is accepted."""
        lines = [issued.body for issued in parcel]
        lines.append(b"")
        self._file.write(b"\n".join(lines))
        return Answer(HTTPStatus.ACCEPTED, 1)

    def close(self) -> None:
        """Write out what is still in memory."""
        self._file.close()


class Broker:
    """Publishes receipts as the door does: stamped, persistent, mandatory, with a confirm.

    What is not confirmed is tried again, at most `tries` times in all, with backoff. Garbage
    travels alone, as workers read a message as a whole.
    """

    def __init__(self, url: str, tries: int, give_up: asyncio.Event, clock: Clock) -> None:
        self._url = url
        self._tries = tries
        self._give_up = give_up
        self._clock = clock
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None
        self._connecting = asyncio.Lock()

    async def post(self, parcel: Sequence[IssuedReceipt], /) -> Answer:
        """Confirmed is accepted; None when no try was confirmed."""
        received = self._clock()
        messages = [
            _message(stamp(one.body, received), JSON) for one in parcel if one.fault == GARBAGE
        ]
        if lines := [stamp(one.body, received) for one in parcel if one.fault != GARBAGE]:
            messages.append(_message(b"\n".join(lines), NDJSON))
        for attempt in range(1, self._tries + 1):
            try:
                exchange = await self._connected()
                while messages:
                    await exchange.publish(messages[-1], "", timeout=BROKER_SECONDS)
                    messages.pop()
                return Answer(HTTPStatus.ACCEPTED, attempt)
            except (AMQPError, ChannelInvalidStateError, OSError, TimeoutError) as error:
                log.warning("not confirmed, trying again", reason=repr(error))
                if not isinstance(error, DeliveryError):
                    await self.close()
            except asyncio.CancelledError:
                if is_cancelled():
                    raise
                await self.close()
            if await rest(attempt, 0.0, self._give_up):
                break
        return Answer(None, attempt)

    async def close(self) -> None:
        """End the connection; the next publish opens another."""
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None and not connection.is_closed:
            await connection.close()

    async def _connected(self) -> AbstractExchange:
        async with self._connecting:
            if self._exchange is None:
                self._connection = await aio_pika.connect(
                    self._url,
                    timeout=BROKER_SECONDS,
                    client_properties={"connection_name": "generator"},
                )
                channel = await self._connection.channel(on_return_raises=True)
                self._exchange = await channel.declare_exchange(
                    topology.RECEIPTS, aio_pika.ExchangeType.FANOUT, durable=True
                )
                log.info("connected", broker=redacted(self._url))
            return self._exchange


def stamp(body: bytes, received_time: float) -> bytes:
    """The receipt with the door's stamp of when it came, Unix seconds."""
    if any(name in body for name in _QUOTED):
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        body = msgspec.json.encode({k: v for k, v in fields.items() if k not in STAMPS})
    if not body.endswith(b"}"):
        return body  # garbage stays what it is
    return b'%b,"receivedTime":%.3f}' % (body[:-1], received_time)


def _message(body: bytes, kind: str) -> aio_pika.Message:
    return aio_pika.Message(body, content_type=kind, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
