"""Publishes deliveries, each a message of its own, with the broker's confirm."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from entrypoint.broker_link import BrokerLink
from tillstream import topology
from tillstream.errors import NotConfirmedError, ShuttingDownError, TooManyInFlightError
from tillstream.receivers.delivery import Delivery, message_headers

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import Tracer

#: Deliveries that may wait for the broker at once; one more is answered with 503. Their bytes are
#: of MAX_BUFFERED_BYTES.
MAX_IN_FLIGHT = 2_000

#: Sends one delivery; returns at the broker's confirm, raises NotConfirmedError.
SendDelivery = Callable[[Delivery], Awaitable[None]]


async def send_delivery(link: BrokerLink, delivery: Delivery) -> None:
    """One message: its body is the request's, its headers say whose."""
    await link.send(
        topology.DELIVERIES,
        delivery.body,
        "application/octet-stream",
        None,
        headers=message_headers(delivery),
    )


class DeliveryPublisher:
    """Bounded in how many wait; told to close, it lets those come to their end."""

    def __init__(
        self,
        send: SendDelivery,
        accepted: Callable[[str], None],
        tracer: "Tracer | None" = None,
    ) -> None:
        """`accepted` is told the receiver of each that is durable."""
        self._send = send
        self._accepted = accepted
        self._tracer = tracer
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()
        self.in_flight = 0

    async def publish(self, delivery: Delivery) -> None:
        """Return when the broker has confirmed it; raises NotConfirmedError otherwise."""
        if self._closing:
            raise ShuttingDownError
        if self.in_flight >= MAX_IN_FLIGHT:
            raise TooManyInFlightError
        self.in_flight += 1
        self._idle.clear()
        try:
            await self._traced(delivery)
        finally:
            self.in_flight -= 1
            if not self.in_flight:
                self._idle.set()
        self._accepted(delivery.receiver)

    async def close(self, timeout_seconds: float) -> None:
        """Refuse new ones, wait for those on their way as long as that."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), timeout_seconds)

    async def _traced(self, delivery: Delivery) -> None:
        trace = None if self._tracer is None else self._tracer.publishing(1)
        if self._tracer is None or trace is None:
            await self._send(delivery)
            return
        try:
            with self._tracer.message_of([trace]):
                await self._send(delivery)
        except NotConfirmedError as error:
            trace.resolved(error)
            raise
        trace.resolved(None)
