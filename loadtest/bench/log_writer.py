"""Publishes to `receipts` for a benchmark as the door does: persistent messages, with confirms."""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice

import aio_pika

from tillstream import topology
from tillstream.codec import JSON, NDJSON, pack

#: Unix seconds of the first receipt; 200 come in each.
RECEIVED = 1_795_000_000
#: Receipts of a message as the door writes them under load: 256 KiB, packed.
MESSAGE_RECEIPTS = 350


def stamped(receipts: Iterable[bytes]) -> Iterator[bytes]:
    """Receipts with the door's stamp."""
    for number, receipt in enumerate(receipts):
        yield b'%b,"receivedTime":%d}' % (receipt[:-1], RECEIVED + number // 200)


def write_log(amqp_url: str, receipts: Iterable[bytes], per_message: int) -> None:
    """Publish stamped receipts, so many a message, and return when all are confirmed."""
    if per_message == 1:
        messages = (message(body) for body in receipts)
    else:
        source = iter(receipts)
        bodies = iter(lambda: b"\n".join(islice(source, per_message)), b"")
        messages = (message(packed, NDJSON, encoding) for packed, encoding in map(pack, bodies))
    publish_all(amqp_url, messages, in_flight=200)


def message(body: bytes, kind: str = JSON, encoding: str | None = None) -> aio_pika.Message:
    """A persistent message."""
    return aio_pika.Message(
        body,
        content_type=kind,
        content_encoding=encoding,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )


def publish_all(
    amqp_url: str,
    messages: Iterator[aio_pika.Message],
    in_flight: int,
    exchange_name: str = topology.RECEIPTS,
) -> None:
    """Publish messages, so many waiting for their confirms at once, until there are no more."""

    async def run() -> None:
        connection = await aio_pika.connect(amqp_url, timeout=10)
        async with connection:
            channel = await connection.channel(publisher_confirms=True)
            exchange = await channel.get_exchange(exchange_name)

            async def publish() -> None:
                for one in messages:
                    await exchange.publish(one, routing_key="", timeout=60)

            await asyncio.gather(*(publish() for _ in range(in_flight)))

    asyncio.run(run())
