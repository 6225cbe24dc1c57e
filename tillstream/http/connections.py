"""The connections of one server: whom it waits for, and what they hold; looked at once a second."""

import asyncio
from collections.abc import Collection
from typing import Protocol

import structlog

from tillstream.http.budgets import ByteBudget, HttpBudgets
from tillstream.http.requests import RequestIds

log = structlog.get_logger()

#: How often the connections are looked at, seconds.
SWEEP_SECONDS = 1.0


class Watched(Protocol):
    """A connection."""

    @property
    def idle(self) -> bool:
        """Whether it waits for a next request."""

    @property
    def unread(self) -> bool:
        """Whether its client has to take what was sent before it gets more."""

    def check_time(self, now: float) -> None:
        """End it when its client takes too long; `now` is the loop's time."""

    def make_room(self) -> None:
        """Close the connection now: another one needs its place."""


class ConnectionWatch:
    """Which connections wait for their clients, and since when."""

    def __init__(self, budgets: HttpBudgets, connections: Collection[object]) -> None:
        """`connections`: all that are open."""
        self.budgets = budgets
        self.buffered = ByteBudget(budgets.max_buffered_bytes)
        self.request_ids = RequestIds()
        self.connections = connections
        #: Connections whose client has to send, the oldest first.
        self.waiting: dict[Watched, None] = {}
        self._counts: dict[int, int] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at the connections from now on, until there is none."""
        if self._timer is None:
            self._timer = loop.call_later(SWEEP_SECONDS, self._sweep, loop)

    def count(self, status: int) -> None:
        """A request was refused; the log tells how many at the next sweep."""
        self._counts[status] = self._counts.get(status, 0) + 1

    def least_needed(self, new: object) -> Watched | None:
        """The connection that makes room for `new`; None when all are at work.

        One whose client has to send, the oldest; else one between requests; else one whose
        client takes no answer.
        """
        if self.waiting:
            return next(iter(self.waiting))
        unread = None
        for one in self.connections:
            watched: Watched = one  # type: ignore[assignment]
            if one is new:
                continue
            if watched.idle:
                return watched
            if watched.unread:
                unread = watched
        return unread

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for connection in list(self.connections):
            watched: Watched = connection  # type: ignore[assignment]
            watched.check_time(now)
        for status, count in self._counts.items():
            log.warning("requests over a budget were refused", status=int(status), count=count)
        self._counts.clear()
        if self.connections:
            self.start(loop)
