"""What the door needs on RabbitMQ: declared when it connects, and asked for by its health."""

import asyncio

import aio_pika
import pika.exceptions
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractQueue
from aio_pika.exceptions import (
    AMQPError,
    ChannelInvalidStateError,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
)

from tillstream import topology
from tillstream.errors import BrokerAwayError, TopologyDiffersError, UnroutableError
from tillstream.log.partitioned_log import prepare
from tillstream.streams.event_partitions import prepare_events

log = structlog.get_logger()

#: Longest wait for the broker's answer to a health check, seconds.
ASK_SECONDS = 2


async def is_partitioned(connection: AbstractConnection) -> bool:
    """Whether the log of the receipts ever had several partitions."""
    # The broker closes the channel where there is none.
    channel = await connection.channel(publisher_confirms=False)
    try:
        await channel.get_exchange(topology.RECEIPTS_PARTITIONS)
    except ChannelNotFoundEntity:
        return False
    await channel.close()
    return True


def prepare_log(url: str, partitions: int) -> None:
    """Prepare the partitions of both logs; raises OSError where that did not work."""
    try:
        prepare(url, partitions)
        prepare_events(url, partitions)
    except pika.exceptions.AMQPError as error:
        raise ConnectionError(f"the partitions of the log are not prepared: {error!r}") from error


async def declare_deliveries(connection: AbstractConnection, queue: topology.Queue) -> None:
    """Declare the stream of deliveries with its exchange; one that keeps more or less stays."""
    channel = await connection.channel(publisher_confirms=False)
    try:
        bound = await channel.declare_queue(queue.name, durable=True, arguments=queue.arguments)
    except ChannelPreconditionFailed as error:
        # Receipts are taken all the same: what differs is only how much it keeps.
        log.warning("the log of deliveries keeps as much as before", reason=str(error))
        channel = await connection.channel(publisher_confirms=False)
        bound = await channel.get_queue(queue.name)
    exchange = await channel.declare_exchange(
        queue.exchange, aio_pika.ExchangeType.FANOUT, durable=True
    )
    await bound.bind(exchange)
    await channel.close()


async def require_topology(connection: AbstractConnection, partitions: int) -> None:
    """Raise BrokerAwayError or UnroutableError unless exchanges and queues exist; makes none."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            channel = await connection.channel(publisher_confirms=False)
            try:
                for exchange in topology.exchanges():
                    await channel.get_exchange(exchange.name)
                others = (topology.partition_queues(partitions), topology.event_queues(partitions))
                for queue in (*topology.queues(), *(one for some in others for one in some[1:])):
                    await channel.get_queue(queue.name)
                await channel.get_queue(topology.DELIVERIES_LOG)
            finally:
                await channel.close()
    except ChannelNotFoundEntity as error:
        raise UnroutableError(
            repr(error), reason=f"the broker has lost something: {error}"
        ) from error
    except (AMQPError, ChannelInvalidStateError, OSError, TimeoutError) as error:
        raise BrokerAwayError(repr(error), reason="the broker does not answer") from error


async def declare(connection: AbstractConnection, *, binds_log: bool) -> None:
    """Declare the whole topology, so that a receipt has its queues before it is accepted."""
    channel = await connection.channel(publisher_confirms=False)
    declared = {
        exchange.name: await channel.declare_exchange(
            exchange.name, aio_pika.ExchangeType.FANOUT, durable=True
        )
        for exchange in topology.exchanges()
    }
    for queue in topology.queues():
        try:
            bound = await channel.declare_queue(queue.name, durable=True, arguments=queue.arguments)
        except ChannelPreconditionFailed as error:
            raise TopologyDiffersError("queue", queue.name, str(error)) from error
        if queue.name == topology.EVENTS_LOG:
            await _bind_events(channel, bound, declared[topology.EVENTS])
        # A log in partitions is bound by them.
        elif binds_log or queue.name != topology.RECEIPTS_LOG:
            await bound.bind(declared[queue.exchange])
    await channel.close()


async def _bind_events(
    channel: AbstractChannel, first: AbstractQueue, events: AbstractExchange
) -> None:
    """As broker.bind_events, of one partition."""
    rest = await channel.declare_exchange(
        topology.EVENTS_REST, aio_pika.ExchangeType.FANOUT, durable=True
    )
    await first.bind(rest)
    partitions = await channel.declare_exchange(
        topology.EVENTS_PARTITIONS,
        aio_pika.ExchangeType.DIRECT,
        durable=True,
        arguments={"alternate-exchange": topology.EVENTS_REST},
    )
    await partitions.bind(events)
    await first.unbind(events)
