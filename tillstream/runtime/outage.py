"""What is said of a server that is away: that it is, each minute that it still is, and its end."""

import time
from collections.abc import Callable
from typing import TypedDict

#: Between two lines of one outage, seconds.
REPEAT_SECONDS = 60.0


class Away(TypedDict, total=False):
    """Fields of a line: attempts that failed so far, and seconds since the first."""

    attempts: int
    away_seconds: float


class Outage:
    """One server's outages, as one process sees them: each is a few lines, however long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._attempts = 0
        self._began = self._said = 0.0

    def failed(self) -> Away | None:
        """An attempt has failed: the fields of the line about it, None where none is due."""
        now = self._clock()
        self._attempts += 1
        if self._attempts == 1:
            self._began = self._said = now
            return {}
        if now - self._said < REPEAT_SECONDS:
            return None
        self._said = now
        return self._fields(now)

    def over(self) -> Away:
        """An attempt has succeeded: what the line about it says of the outage, if there was one."""
        fields = self._fields(self._clock()) if self._attempts else Away()
        self._attempts = 0
        return fields

    def _fields(self, now: float) -> Away:
        return {"attempts": self._attempts, "away_seconds": round(now - self._began, 1)}
