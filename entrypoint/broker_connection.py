"""The connection to RabbitMQ: made or given up as a whole, and whether it takes messages."""

import asyncio

import aio_pika
from aio_pika.abc import AbstractConnection

#: How long a publish waits for an alarm of the broker to end, seconds.
BLOCKED_PATIENCE_SECONDS = 0.1


class DoorConnection(aio_pika.Connection):
    """Closed where it could not connect.

    Else aio-pika closes it when it is collected, on the loop of that thread: a thread that has none
    warned that `Connection.close` was never awaited.
    """

    async def connect(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - aio-pika's
        """Connect within `timeout` seconds; raises aio-pika's errors."""
        try:
            await super().connect(timeout)
        except BaseException:
            await self.close()
            raise


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
