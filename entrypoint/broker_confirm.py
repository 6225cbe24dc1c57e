"""One message to RabbitMQ with its confirm, and what can go wrong with it by name."""

import asyncio

import aio_pika
from aio_pika.abc import AbstractExchange
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, DeliveryError, PublishError

from tillstream.errors import BrokerAwayError, ConfirmTimeoutError, NackedError, UnroutableError
from tillstream.runtime.cancelling import is_cancelled


async def confirmed(
    exchange: AbstractExchange,
    message: aio_pika.Message,
    routing_key: str,
    timeout_seconds: float,
    *,
    mandatory: bool = True,
) -> None:
    """Publish; return at the broker's confirm. Raises a kind of NotConfirmedError.

    What is `mandatory` has to reach a queue.
    """
    try:
        await exchange.publish(
            message, routing_key=routing_key, mandatory=mandatory, timeout=timeout_seconds
        )
    except PublishError as error:
        raise UnroutableError(repr(error)) from error
    except DeliveryError as error:
        raise NackedError(repr(error)) from error
    except TimeoutError as error:
        raise ConfirmTimeoutError from error
    except (AMQPError, ChannelInvalidStateError, OSError) as error:
        raise BrokerAwayError(repr(error)) from error
    except asyncio.CancelledError as error:
        if is_cancelled():
            raise
        raise BrokerAwayError("the channel was closed") from error
