"""Group commit: what arrives together shares one message and one confirm."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Generic

from entrypoint.publish_pace import Pace, PaceTimer
from entrypoint.publish_queue import InFlight, P, PublishQueue, Resolve, Waiting
from tillstream.errors import (
    ConfirmTimeoutError,
    NotConfirmedError,
    ShuttingDownError,
    TooManyInFlightError,
)

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import Tracer

#: Told instead of ConfirmTimeoutError's reason where nothing was sent.
NOT_SENT = "the broker took nothing for too long; the receipt was not sent"

#: Sends one message (body, content type, content encoding); returns at the broker's confirm.
Send = Callable[[bytes, str, str | None], Awaitable[None]]
#: One message of these parcels: its body, content type and content encoding.
Compose = Callable[[Sequence[P]], tuple[bytes, str, str | None]]
#: Told what the broker has confirmed, before any request is answered for it.
Confirmed = Callable[[Sequence[P]], None]


class Publisher(Generic[P]):
    """Publishes parcels, what a request wants published together, with no delay for a lone one.

    1. A parcel that comes `pace_seconds` or longer after the last message was sent goes out at
       the end of this turn of the event loop, with all that came in the turn.
    2. What comes sooner waits, and shares the next message: that goes out when the pace is over,
       or before it once it is worth its cost, 32 items (PublishQueue.is_worth_a_message).
    3. While two messages are unconfirmed the next one waits for a confirm, unless it is full
       (PublishQueue.max_messages_in_flight).
    4. One confirm, or one failure, resolves every request of the message.
    5. What waits when the publisher closes goes out without regard to the pace.

    Bounded: past the items and bytes of `in_flight` the answer is TooManyInFlightError; what is
    not confirmed `timeout_seconds` after its submission is told so, wherever it is: the wait for a
    place in a message and the wait for the confirm are one.
    """

    def __init__(
        self,
        send: Send,
        compose: Compose[P],
        confirmed: Confirmed[P],
        in_flight: InFlight,
        pace: Pace = Pace(),  # noqa: B008 - immutable
        took: Callable[[float], None] = lambda _: None,
        tracer: "Tracer | None" = None,
    ) -> None:
        """`in_flight` may be shared with other publishers; `took` is told of each message that was
        confirmed how long the first of it waited, seconds.
        """
        self._took = took
        self._tracer = tracer
        self._send = send
        self._compose = compose
        self._confirmed = confirmed
        self._timeout = pace.timeout_seconds
        self._pace = PaceTimer(pace.pace_seconds, self._schedule_flush)
        self._in_flight = in_flight
        self._queue: PublishQueue[P] = PublishQueue(in_flight)
        self._sent: dict[asyncio.Task[None], list[Waiting[P]]] = {}
        self._overdue: asyncio.TimerHandle | None = None
        self._flush_scheduled = False
        self._closing = False

    @property
    def items_in_flight(self) -> int:
        """What waits for a confirm, of all publishers that share the bounds."""
        return self._in_flight.items

    def submit(self, parcel: P, resolve: Resolve) -> None:
        """Publish the parcel and tell `resolve`, once, what became of it; now if it is not sent."""
        if self._closing:
            resolve(ShuttingDownError())
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        waiting = Waiting(parcel, parcel.count, parcel.size, resolve, deadline)
        if not self._queue.add(waiting):
            resolve(TooManyInFlightError())
            return
        if self._tracer is not None:
            waiting.trace = self._tracer.publishing(waiting.count)
        if self._overdue is None:
            self._overdue = loop.call_at(deadline, self._give_up)
        if not self._flush_scheduled:
            self._schedule_flush()

    async def publish(self, parcel: P) -> None:
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
        """Refuse new parcels, send what waits, fail what is not confirmed after the time."""
        self._closing = True
        self._pace.end()
        self._flush()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                while self._sent:
                    await asyncio.wait(self._sent)
                    self._flush()
        for task in self._sent:
            task.cancel()
        while self._queue:
            self._queue.resolve([self._queue.take_first()], ShuttingDownError())
        if self._overdue is not None:
            self._overdue.cancel()

    def _schedule_flush(self) -> None:
        """At the end of this turn of the event loop, or of the pace where that is to be kept."""
        if self._flush_scheduled or not self._queue or not self._has_place():
            return
        if self._is_due():
            self._flush_scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)
        else:
            self._pace.call_when_over()

    def _flush(self) -> None:
        self._flush_scheduled = False
        while self._queue and self._has_place() and self._is_due():
            group = self._queue.take_group()
            task = asyncio.create_task(self._send_group(group))
            self._sent[task] = group
            self._pace.begin()
            task.add_done_callback(self._message_done)
        self._schedule_flush()

    def _has_place(self) -> bool:
        return len(self._sent) < self._queue.max_messages_in_flight

    def _is_due(self) -> bool:
        return self._pace.is_over() or self._queue.is_worth_a_message

    def _give_up(self) -> None:
        """Tell those whose time is over; look again when that of the next one is."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        while (first := self._queue.first()) is not None and first.deadline <= now:
            error = ConfirmTimeoutError(reason=NOT_SENT)
            self._queue.resolve([self._queue.take_first()], error)
        pending = [] if first is None else [first]
        for group in self._sent.values():
            overdue = [one for one in group if one.deadline <= now]
            self._queue.resolve(overdue, ConfirmTimeoutError())
            pending += [one for one in group if one.resolve is not None]
        self._overdue = None
        if pending:
            self._overdue = loop.call_at(min(one.deadline for one in pending), self._give_up)

    async def _send_group(self, group: list[Waiting[P]]) -> None:
        try:
            message = self._compose([one.parcel for one in group])
            if self._tracer is None:
                await self._send(*message)
            else:
                with self._tracer.message_of(one.trace for one in group):
                    await self._send(*message)
            # What was given up is not answered with 202, so it is none of what was accepted.
            self._confirmed([one.parcel for one in group if one.resolve is not None])
            since = group[0].deadline - self._timeout
            self._took(asyncio.get_running_loop().time() - since)
        except NotConfirmedError as error:
            self._queue.resolve(group, error)
        except asyncio.CancelledError:
            self._queue.resolve(group, ShuttingDownError())
            raise
        except Exception as error:
            self._queue.resolve(group, NotConfirmedError(repr(error)))
            raise
        else:
            self._queue.resolve(group, None)

    def _message_done(self, task: asyncio.Task[None]) -> None:
        del self._sent[task]
        self._schedule_flush()
