"""Fills the receipts log for a benchmark, as the door would, but faster."""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice

import aio_pika

from tillstream import topology
from tillstream.codec import JSON, NDJSON, pack

#: Messages that wait for their confirms at once.
IN_FLIGHT = 200


def write_log(amqp_url: str, receipts: Iterable[bytes], per_message: int) -> None:
    """Publish stamped receipts, so many a message, and return when all are confirmed."""

    async def run() -> None:
        connection = await aio_pika.connect(amqp_url, timeout=10)
        async with connection:
            channel = await connection.channel(publisher_confirms=True)
            exchange = await channel.get_exchange(topology.RECEIPTS)
            messages = _messages(receipts, per_message)

            async def publish() -> None:
                for body in messages:
                    packed, encoding = (body, None) if per_message == 1 else pack(body)
                    message = aio_pika.Message(
                        packed,
                        content_type=JSON if per_message == 1 else NDJSON,
                        content_encoding=encoding,
                        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                    )
                    await exchange.publish(message, routing_key="", timeout=60)

            await asyncio.gather(*(publish() for _ in range(IN_FLIGHT)))

    asyncio.run(run())


def _messages(receipts: Iterable[bytes], per_message: int) -> Iterator[bytes]:
    source = iter(receipts)
    while part := list(islice(source, per_message)):
        yield b"\n".join(part)
