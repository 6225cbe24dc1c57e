"""Parcels that wait for their confirms: their bounds, and which of them share a message."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import msgspec
import structlog

from tillstream.errors import NotConfirmedError

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import PublishTrace

log = structlog.get_logger()

#: Most items and bytes in one message of several parcels.
MAX_MESSAGE_ITEMS = 500
MAX_MESSAGE_BYTES = 262_144
#: Messages that may wait for their confirms at once: one on the way while one is written; more
#: would only make the groups smaller (docs/performance.md).
MAX_MESSAGES_IN_FLIGHT = 2
#: So many where what waits fills a message: it cannot become larger by waiting.
MAX_FULL_MESSAGES_IN_FLIGHT = 8
#: So many items are worth a message of their own: to gather more would save little, and would
#: hold up clients that wait for their answers before they send again (docs/performance.md).
WORTHWHILE_ITEMS = 32


class Parcel(Protocol):
    """What one request wants published together: receipts, or events of one stream."""

    @property
    def count(self) -> int:
        """How many items it has."""

    @property
    def size(self) -> int:
        """Bytes, about what it adds to a message and holds in memory."""

    @property
    def alone(self) -> bool:
        """Whether it is a message by itself."""


P = TypeVar("P", bound=Parcel)


#: Told of a parcel that it is durable (None), or why not.
Resolve = Callable[[NotConfirmedError | None], None]


class Waiting(msgspec.Struct, Generic[P], eq=False):
    """A parcel, whom to tell, and until when, on the clock of the event loop."""

    parcel: P
    #: Of the parcel: each is looked at several times.
    count: int
    size: int
    #: None once it was told.
    resolve: Resolve | None
    deadline: float
    #: Where its request is traced.
    trace: "PublishTrace | None" = None


class InFlight:
    """How many items and bytes are not resolved, and how many may be."""

    def __init__(self, max_items: int, max_bytes: int) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self.items = 0
        self._bytes = 0

    def add(self, waiting: "Waiting[Any]") -> bool:
        """It is not resolved yet; False, and nothing is done, where the bounds do not allow it."""
        items, size = self.items + waiting.count, self._bytes + waiting.size
        if items > self._max_items or size > self._max_bytes:
            return False
        self.items, self._bytes = items, size
        return True

    def remove(self, waiting: "Waiting[Any]") -> None:
        """It is resolved."""
        self.items -= waiting.count
        self._bytes -= waiting.size


class PublishQueue(Generic[P]):
    """Parcels in the order of their coming; counts them until they are resolved. No I/O."""

    def __init__(self, in_flight: InFlight) -> None:
        """`in_flight` may be shared with other queues."""
        self._in_flight = in_flight
        self._waiting: deque[Waiting[P]] = deque()
        #: Of the parcels that are in no message yet.
        self._waiting_items = 0
        self._waiting_bytes = 0

    def __len__(self) -> int:
        """Parcels that are in no message yet."""
        return len(self._waiting)

    def add(self, waiting: Waiting[P]) -> bool:
        """At the end; False where the bounds of what is not resolved do not allow for it."""
        if not self._in_flight.add(waiting):
            return False
        self._waiting_items += waiting.count
        self._waiting_bytes += waiting.size + 1
        self._waiting.append(waiting)
        return True

    @property
    def fills_a_message(self) -> bool:
        """Whether what waits cannot make a larger message by waiting."""
        return self._waiting_items >= MAX_MESSAGE_ITEMS or self._waiting_bytes >= MAX_MESSAGE_BYTES

    @property
    def max_messages_in_flight(self) -> int:
        """How many messages may be unconfirmed, the next one included."""
        return MAX_FULL_MESSAGES_IN_FLIGHT if self.fills_a_message else MAX_MESSAGES_IN_FLIGHT

    @property
    def is_worth_a_message(self) -> bool:
        """Whether what waits need not wait for more to come."""
        if self._waiting_items >= WORTHWHILE_ITEMS or self.fills_a_message:
            return True
        first = self.first()
        return first is not None and first.parcel.alone

    def first(self) -> Waiting[P] | None:
        """The oldest that is in no message yet."""
        return self._waiting[0] if self._waiting else None

    def take_first(self) -> Waiting[P]:
        """Remove the oldest."""
        waiting = self._waiting.popleft()
        self._waiting_items -= waiting.count
        self._waiting_bytes -= waiting.size + 1
        return waiting

    def take_group(self) -> list[Waiting[P]]:
        """Remove the oldest, and all after it that fit into one message with it."""
        group = [self.take_first()]
        count, size = group[0].count, group[0].size
        while self._waiting and not group[0].parcel.alone:
            following = self._waiting[0]
            count += following.count
            size += following.size + 1
            if count > MAX_MESSAGE_ITEMS or size > MAX_MESSAGE_BYTES or following.parcel.alone:
                break
            group.append(self.take_first())
        return group

    def resolve(self, group: Sequence[Waiting[P]], error: NotConfirmedError | None) -> None:
        """Tell each parcel of the group that was not told before."""
        for one in group:
            resolve, one.resolve = one.resolve, None
            if resolve is None:  # given up before
                continue
            self._in_flight.remove(one)
            if one.trace is not None:
                one.trace.resolved(error)
            try:
                resolve(error)
            except Exception as failure:
                # The others of the message have to hear of it all the same.
                log.error("an answer failed", exc_info=failure)
