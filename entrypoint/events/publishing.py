"""Sends the events of each stream: a publisher a stream, and one bound over all of them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from entrypoint.events.contract import Contract
from entrypoint.events.parcels import Composer, EventParcel
from entrypoint.publish_pace import Pace
from entrypoint.publish_queue import InFlight, Resolve
from entrypoint.publisher import Publisher, Send

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import Tracer

#: Told how many events of a stream the broker has confirmed.
Accepted = Callable[[str, int], None]


class EventPublishers:
    """Publishes parcels of events, those of one stream together."""

    def __init__(
        self,
        send: Send,
        contracts: Mapping[str, Contract],
        in_flight: InFlight,
        pace: Pace,
        accepted: Accepted,
        tracer: "Tracer | None" = None,
    ) -> None:
        self._in_flight = in_flight
        self._publishers = {
            name: Publisher(
                send,
                Composer(contract).compose,
                _counter(name, accepted),
                in_flight,
                pace,
                tracer=tracer,
            )
            for name, contract in contracts.items()
        }

    @property
    def events_in_flight(self) -> int:
        """Events that wait for a confirm."""
        return self._in_flight.items

    def submit(self, stream: str, parcel: EventParcel, resolve: Resolve) -> None:
        """Publish the parcel and tell `resolve`, once, what became of it."""
        self._publishers[stream].submit(parcel, resolve)

    async def publish(self, stream: str, parcels: Sequence[EventParcel]) -> None:
        """Return when all are durable; raises NotConfirmedError when that is not known."""
        publisher = self._publishers[stream]
        outcomes = await asyncio.gather(
            *(publisher.publish(parcel) for parcel in parcels), return_exceptions=True
        )
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def close(self, timeout_seconds: float) -> None:
        """Send what waits, and fail what is not confirmed after the time."""
        await asyncio.gather(
            *(publisher.close(timeout_seconds) for publisher in self._publishers.values())
        )


def _counter(stream: str, accepted: Accepted) -> Callable[[Iterable[EventParcel]], None]:
    def count(parcels: Iterable[EventParcel]) -> None:
        accepted(stream, sum([parcel.count for parcel in parcels]))

    return count
