"""Receipts that wait for their confirms: their bounds, and which of them share a message."""

from collections import deque
from collections.abc import Callable, Sequence

import msgspec
import structlog

from tillstream.accepted_count import AcceptedSale
from tillstream.errors import NotConfirmedError

log = structlog.get_logger()

#: Most receipts and bytes in one message.
MAX_MESSAGE_RECEIPTS = 500
MAX_MESSAGE_BYTES = 262_144
#: Messages that may wait for their confirms at once: one on the way while one is written; more
#: would only make the groups smaller (docs/performance.md).
MAX_MESSAGES_IN_FLIGHT = 2
#: So many where what waits fills a message: it cannot become larger by waiting.
MAX_FULL_MESSAGES_IN_FLIGHT = 8
#: So many receipts are worth a message of their own: to gather more would save little, and would
#: hold up clients that wait for their answers before they send again (docs/performance.md).
WORTHWHILE_RECEIPTS = 32


class Parcel(msgspec.Struct, frozen=True):
    """Receipts that one request wants published together: their lines, and how many."""

    lines: bytes
    count: int
    #: What they add to the door's own count.
    sales: Sequence[AcceptedSale] = ()


#: Told of a parcel that it is durable (None), or why not.
Resolve = Callable[[NotConfirmedError | None], None]


class Waiting:
    """A parcel, whom to tell, and until when, on the clock of the event loop."""

    __slots__ = ("deadline", "parcel", "resolve")

    def __init__(self, parcel: Parcel, resolve: Resolve, deadline: float) -> None:
        self.parcel = parcel
        #: None once it was told.
        self.resolve: Resolve | None = resolve
        self.deadline = deadline


class PublishQueue:
    """Parcels in the order of their coming; counts them until they are resolved. No I/O."""

    def __init__(self, max_receipts: int, max_bytes: int) -> None:
        self._max_receipts = max_receipts
        self._max_bytes = max_bytes
        self._waiting: deque[Waiting] = deque()
        #: Of the parcels that are not resolved, in a message or not.
        self.receipts = 0
        self._bytes = 0
        #: Of the parcels that are in no message yet.
        self._waiting_receipts = 0
        self._waiting_bytes = 0

    def __len__(self) -> int:
        """Parcels that are in no message yet."""
        return len(self._waiting)

    def has_room(self, parcel: Parcel) -> bool:
        """Whether the bounds of what is not resolved allow for it."""
        return (
            self.receipts + parcel.count <= self._max_receipts
            and self._bytes + len(parcel.lines) <= self._max_bytes
        )

    def add(self, waiting: Waiting) -> None:
        """At the end."""
        parcel = waiting.parcel
        self.receipts += parcel.count
        self._bytes += len(parcel.lines)
        self._waiting_receipts += parcel.count
        self._waiting_bytes += len(parcel.lines) + 1
        self._waiting.append(waiting)

    @property
    def fills_a_message(self) -> bool:
        """Whether what waits cannot make a larger message by waiting."""
        return (
            self._waiting_receipts >= MAX_MESSAGE_RECEIPTS
            or self._waiting_bytes >= MAX_MESSAGE_BYTES
        )

    @property
    def max_messages_in_flight(self) -> int:
        """How many messages may be unconfirmed, the next one included."""
        return MAX_FULL_MESSAGES_IN_FLIGHT if self.fills_a_message else MAX_MESSAGES_IN_FLIGHT

    @property
    def is_worth_a_message(self) -> bool:
        """Whether what waits need not wait for more to come."""
        return self._waiting_receipts >= WORTHWHILE_RECEIPTS or self.fills_a_message

    def first(self) -> Waiting | None:
        """The oldest that is in no message yet."""
        return self._waiting[0] if self._waiting else None

    def take_first(self) -> Waiting:
        """Remove the oldest."""
        waiting = self._waiting.popleft()
        self._waiting_receipts -= waiting.parcel.count
        self._waiting_bytes -= len(waiting.parcel.lines) + 1
        return waiting

    def take_group(self) -> list[Waiting]:
        """Remove the oldest, and all after it that fit into one message with it."""
        group = [self.take_first()]
        count, size = group[0].parcel.count, len(group[0].parcel.lines)
        while self._waiting:
            parcel = self._waiting[0].parcel
            count += parcel.count
            size += len(parcel.lines) + 1
            if count > MAX_MESSAGE_RECEIPTS or size > MAX_MESSAGE_BYTES:
                break
            group.append(self.take_first())
        return group

    def resolve(self, group: Sequence[Waiting], error: NotConfirmedError | None) -> None:
        """Tell each parcel of the group that was not told before."""
        for one in group:
            resolve, one.resolve = one.resolve, None
            if resolve is None:  # given up before
                continue
            self.receipts -= one.parcel.count
            self._bytes -= len(one.parcel.lines)
            try:
                resolve(error)
            except Exception as failure:
                # The others of the message have to hear of it all the same.
                log.error("an answer failed", exc_info=failure)
