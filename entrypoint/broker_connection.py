"""Whether the connection to RabbitMQ takes messages."""

import asyncio

from aio_pika.abc import AbstractConnection

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
