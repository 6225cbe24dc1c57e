"""The connection to RabbitMQ: whether it takes messages, and when it is lost."""

import asyncio

from aio_pika.abc import AbstractChannel, AbstractConnection

#: How long a publish waits for an alarm of the broker to end, seconds.
BLOCKED_PATIENCE_SECONDS = 0.1


async def takes_messages(connection: AbstractConnection) -> bool:
    """Whether the broker has raised no alarm; waits a moment for the end of one."""
    transport = connection.transport
    if transport is None:
        return True  # being closed: the publish itself says so
    try:
        async with asyncio.timeout(BLOCKED_PATIENCE_SECONDS):
            await transport.connection.ready()
    except TimeoutError:
        return False
    return True


async def lost(connection: AbstractConnection, channel: AbstractChannel) -> None:
    """Return when the connection or its channel is closed, by whomever."""
    closed = asyncio.Event()
    connection.close_callbacks.add(lambda *_: closed.set())
    channel.close_callbacks.add(lambda *_: closed.set())
    if not (connection.is_closed or channel.is_closed):
        await closed.wait()
