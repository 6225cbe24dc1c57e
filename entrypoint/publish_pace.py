"""The shortest time between two messages of few items, on the clock of the event loop."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

#: Longest wait for a confirm, from the submission on, seconds.
TIMEOUT_SECONDS = 5.0


class Pace(NamedTuple):
    """How long a publisher waits."""

    #: Longest wait for a confirm, from the submission on, seconds.
    timeout_seconds: float = TIMEOUT_SECONDS
    #: Shortest time between two messages of few items, seconds; a part of the other.
    pace_seconds: float = 0.0


class PaceTimer:
    """Says when the pace of the last message is over, and calls then."""

    def __init__(self, seconds: float, over: Callable[[], None]) -> None:
        self._seconds = seconds
        self._over = over
        self._ends = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def is_over(self) -> bool:
        """Whether a message may go out."""
        return asyncio.get_running_loop().time() >= self._ends

    def begin(self) -> None:
        """A message went out."""
        self._ends = asyncio.get_running_loop().time() + self._seconds

    def call_when_over(self) -> None:
        """Call once when it is over."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(self._ends, self._fire)

    def end(self) -> None:
        """From now on every message may go out at once."""
        self._seconds = self._ends = 0.0
        if self._timer is not None:
            self._timer.cancel()

    def _fire(self) -> None:
        self._timer = None  # of an older message perhaps; then it is set again
        self._over()
