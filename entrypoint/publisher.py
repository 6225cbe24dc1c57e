"""Group commit: receipts that arrive together share one message and one confirm."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from tillstream.accepted_count import AcceptedSale
from tillstream.codec import JSON, NDJSON, pack
from tillstream.errors import (
    ConfirmTimeoutError,
    NotConfirmedError,
    ShuttingDownError,
    TooManyInFlightError,
)

log = structlog.get_logger()

#: Most receipts and bytes in one message.
MAX_MESSAGE_RECEIPTS = 500
MAX_MESSAGE_BYTES = 262_144

#: Messages that may wait for their confirms at once: one on the way while one is written; more
#: would only make the groups smaller (docs/performance.md).
MAX_MESSAGES_IN_FLIGHT = 2
#: So many where what waits fills a message: it cannot become larger by waiting.
MAX_FULL_MESSAGES_IN_FLIGHT = 8

#: Sends one message (body, content type, content encoding); returns at the broker's confirm.
Send = Callable[[bytes, str, str | None], Awaitable[None]]


#: Told instead of ConfirmTimeoutError's reason where nothing was sent.
NOT_SENT = "the broker took nothing for too long; the receipt was not sent"


class Parcel(msgspec.Struct, frozen=True):
    """Receipts that one request wants published together: their lines, and how many."""

    lines: bytes
    count: int
    #: What they add to the door's own count.
    sales: Sequence[AcceptedSale] = ()


#: Told of a parcel that it is durable (None), or why not.
Resolve = Callable[[NotConfirmedError | None], None]

#: Longest wait for a confirm, from the submission on, seconds.
TIMEOUT_SECONDS = 5.0
#: Most bytes of receipts that wait for their confirms.
MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024


class Waiting:
    """A parcel, whom to tell, and until when, on the clock of the event loop."""

    __slots__ = ("deadline", "parcel", "resolve")

    def __init__(self, parcel: Parcel, resolve: Resolve, deadline: float) -> None:
        self.parcel = parcel
        #: None once it was told.
        self.resolve: Resolve | None = resolve
        self.deadline = deadline


#: Told what the broker has confirmed, before any request is answered for it.
Confirmed = Callable[[Sequence[AcceptedSale]], None]


class Publisher:
    """Publishes receipts in groups, with no delay for a lone one.

    1. A receipt that comes while fewer than MAX_MESSAGES_IN_FLIGHT messages are unconfirmed
       goes out at the end of this turn of the event loop, with all that came in the turn.
    2. What comes while they are all in flight waits, and shares the next message; when that is
       full it goes out at once, up to MAX_FULL_MESSAGES_IN_FLIGHT.
    3. One confirm, or one failure, resolves every request of the message.

    Bounded: past `max_receipts` unresolved receipts, or `max_bytes` of them, `publish` raises
    TooManyInFlightError, and what is not confirmed `timeout_seconds` after its submission is told
    so, wherever it is: the wait for a place in a message and the wait for the confirm are one.
    """

    def __init__(
        self,
        send: Send,
        confirmed: Confirmed,
        max_receipts: int,
        timeout_seconds: float = TIMEOUT_SECONDS,
        max_bytes: int = MAX_BYTES_IN_FLIGHT,
    ) -> None:
        self._send = send
        self._confirmed = confirmed
        self._max_receipts = max_receipts
        self._max_bytes = max_bytes
        self._timeout = timeout_seconds
        self._sent: dict[asyncio.Task[None], list[Waiting]] = {}
        self._overdue: asyncio.TimerHandle | None = None
        self._waiting: deque[Waiting] = deque()
        self._receipts = 0
        self._bytes = 0
        self._waiting_receipts = 0
        self._waiting_bytes = 0
        self._flush_scheduled = False
        self._closing = False

    @property
    def receipts_in_flight(self) -> int:
        """Receipts that wait for a confirm."""
        return self._receipts

    def submit(self, parcel: Parcel, resolve: Resolve) -> None:
        """Publish the parcel and tell `resolve`, once, what became of it.

        Raises NotConfirmedError when it is not even sent.
        """
        if self._closing:
            raise ShuttingDownError
        size = len(parcel.lines)
        if (
            self._receipts + parcel.count > self._max_receipts
            or self._bytes + size > self._max_bytes
        ):
            raise TooManyInFlightError
        self._receipts += parcel.count
        self._bytes += size
        loop = asyncio.get_running_loop()
        self._waiting.append(Waiting(parcel, resolve, loop.time() + self._timeout))
        if self._overdue is None:
            self._overdue = loop.call_later(self._timeout, self._give_up)
        self._waiting_receipts += parcel.count
        self._waiting_bytes += size + 1
        self._schedule_flush()

    async def publish(self, parcel: Parcel) -> None:
        """Return when the broker has confirmed the parcel; raises NotConfirmedError otherwise.

        A caller that goes away does not take back what was sent.
        """
        confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def resolve(error: NotConfirmedError | None) -> None:
            if confirmed.done():  # its caller went away
                return
            if error is None:
                confirmed.set_result(None)
            else:
                confirmed.set_exception(error)

        self.submit(parcel, resolve)
        await confirmed

    async def close(self, timeout_seconds: float) -> None:
        """Refuse new receipts, wait for those in flight, fail what is left after the time."""
        self._closing = True
        if self._sent:
            await asyncio.wait(self._sent, timeout=timeout_seconds)
        for task in self._sent:
            task.cancel()
        while self._waiting:
            self._resolve([self._waiting.popleft()], ShuttingDownError())
        if self._overdue is not None:
            self._overdue.cancel()

    def _schedule_flush(self) -> None:
        if not self._flush_scheduled and self._may_send():
            self._flush_scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_scheduled = False
        while self._waiting and self._may_send():
            group = self._next_group()
            task = asyncio.get_running_loop().create_task(self._send_group(group))
            self._sent[task] = group
            task.add_done_callback(self._message_done)

    def _may_send(self) -> bool:
        full = (
            self._waiting_receipts >= MAX_MESSAGE_RECEIPTS
            or self._waiting_bytes >= MAX_MESSAGE_BYTES
        )
        most = MAX_FULL_MESSAGES_IN_FLIGHT if full else MAX_MESSAGES_IN_FLIGHT
        return len(self._sent) < most

    def _next_group(self) -> list[Waiting]:
        group = [self._waiting.popleft()]
        count, size = group[0].parcel.count, len(group[0].parcel.lines)
        while self._waiting:
            parcel = self._waiting[0].parcel
            count += parcel.count
            size += len(parcel.lines) + 1
            if count > MAX_MESSAGE_RECEIPTS or size > MAX_MESSAGE_BYTES:
                break
            group.append(self._waiting.popleft())
        for one in group:
            self._no_longer_waits(one.parcel)
        return group

    def _no_longer_waits(self, parcel: Parcel) -> None:
        self._waiting_receipts -= parcel.count
        self._waiting_bytes -= len(parcel.lines) + 1

    def _give_up(self) -> None:
        """Tell those whose time is over; look again when that of the next one is."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiting and self._waiting[0].deadline <= now:
            overdue = self._waiting.popleft()
            self._no_longer_waits(overdue.parcel)
            self._resolve([overdue], ConfirmTimeoutError(reason=NOT_SENT))
        pending = list(self._waiting)[:1]
        for group in self._sent.values():
            self._resolve([one for one in group if one.deadline <= now], ConfirmTimeoutError())
            pending += [one for one in group if one.resolve is not None]
        self._overdue = None
        if pending:
            self._overdue = loop.call_at(min(one.deadline for one in pending), self._give_up)

    async def _send_group(self, group: list[Waiting]) -> None:
        body = b"\n".join([one.parcel.lines for one in group])
        lone = len(group) == 1 and group[0].parcel.count == 1
        try:
            if lone:
                await self._send(body, JSON, None)
            else:
                packed, encoding = pack(body)
                await self._send(packed, NDJSON, encoding)
            # What was given up is not answered with 202, so it is none of what was accepted.
            self._confirmed(
                [sale for one in group if one.resolve is not None for sale in one.parcel.sales]
            )
        except NotConfirmedError as error:
            self._resolve(group, error)
        except asyncio.CancelledError:
            self._resolve(group, ShuttingDownError())
            raise
        except Exception as error:
            self._resolve(group, NotConfirmedError(repr(error)))
            raise
        else:
            self._resolve(group, None)

    def _resolve(self, group: list[Waiting], error: NotConfirmedError | None) -> None:
        for one in group:
            resolve, one.resolve = one.resolve, None
            if resolve is None:  # given up before
                continue
            self._receipts -= one.parcel.count
            self._bytes -= len(one.parcel.lines)
            try:
                resolve(error)
            except Exception as failure:
                # The others of the message have to hear of it all the same.
                log.error("an answer failed", exc_info=failure)

    def _message_done(self, task: asyncio.Task[None]) -> None:
        del self._sent[task]
        if self._waiting:
            self._schedule_flush()
