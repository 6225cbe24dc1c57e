"""Is a feed waiting, live or stale? Decided by the age of its data, not of its connection."""

from collections import deque
from typing import Literal

from tillstream.runtime.periodic import DETAILS_SECONDS, SNAPSHOT_SECONDS

State = Literal["waiting", "live", "stale"]

#: So much later than its worker's period a snapshot may be.
LATE_SECONDS = 1.2
#: Data older than this are stale. A frame leaves every second, so that a page says stale within
#: 3 s of the last snapshot.
STALE_AFTER_SECONDS = SNAPSHOT_SECONDS + LATE_SECONDS
#: The same of breakdowns and tills. Of their worker's death its other feeds tell within 3 s.
DETAILS_STALE_AFTER_SECONDS = DETAILS_SECONDS + LATE_SECONDS

#: A worker that has come back so often within so long, seconds, and falls silent again and again,
#: is believed once it has been heard for a while without a pause: what it says each time that it
#: starts are the figures of before.
UNSTEADY_RETURNS = 2
UNSTEADY_SECONDS = 60.0
STEADY_SECONDS = 10.0


class Freshness:
    """The newest data of one feed, and when they came."""

    def __init__(
        self, stale_after: float = STALE_AFTER_SECONDS, sibling: "Freshness | None" = None
    ) -> None:
        """`sibling`: a feed of the same worker; when it is stale, so is this one."""
        self._stale_after = stale_after
        self._sibling = sibling
        #: When the newest figures were read by their worker, Unix seconds; None before any.
        self.as_of: float | None = None
        self._arrived = 0.0
        #: When it was heard again after a silence, and the figures' time before the last one.
        self._returns: deque[float] = deque(maxlen=UNSTEADY_RETURNS)
        self._before_silence = 0.0

    def accept(self, as_of: float, now: float) -> bool:
        """Take note of data; False for a repetition, and for what is older than the newest.

        A worker whose clock was set back is believed again once its feed has gone silent.
        """
        if self.as_of is not None:
            silent = now - self._arrived > self._stale_after
            if as_of == self.as_of or (as_of < self.as_of and not silent):
                return False
            if silent:
                self._returns.append(now)
                self._before_silence = self.as_of
        self.as_of = as_of
        self._arrived = now
        return True

    def state(self, now: float) -> State:
        """The state at `now`, by the larger of the data's age and the time since they came.

        Both, so that neither a backlog of old data looks live, nor the data of a worker whose
        clock is ahead.
        """
        if self.as_of is None:
            return "waiting"
        age = max(now - self.as_of, now - self._arrived)
        worker_silent = self._sibling is not None and self._sibling.state(now) == "stale"
        stale = worker_silent or age > self._stale_after or self._unsteady(now)
        return "stale" if stale else "live"

    def shown_as_of(self, now: float) -> float | None:
        """The time that the figures are of, as far as they can be believed; None before any."""
        if self.as_of is not None and self._unsteady(now):
            return min(self.as_of, self._before_silence)
        return self.as_of

    def _unsteady(self, now: float) -> bool:
        if len(self._returns) < UNSTEADY_RETURNS:
            return False
        often = self._returns[-1] - self._returns[0] < UNSTEADY_SECONDS
        return often and now - self._returns[-1] < STEADY_SECONDS
