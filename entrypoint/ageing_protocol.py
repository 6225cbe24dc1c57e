"""The door's protocol beside other doors: no connection stays with one of them for ever.

The kernel chooses a door when a client connects. Without an end of connections a door that is added
would get nothing from clients that keep theirs, which are those that make the load.
"""

import random

from entrypoint.direct_protocol import DirectProtocol

#: A connection older than about this ends with its next answer, which says so; seconds.
AGE_SECONDS = 5.0
#: Each has its own age, by so large a part more or less: many do not come again at once.
JITTER = 0.2


class AgeingProtocol(DirectProtocol):
    """Direct requests, on connections that end after a while."""

    _ends_at = 0.0

    def check_time(self, now: float) -> None:
        """Once a second: a request costs nothing more. `now` is the loop's time."""
        super().check_time(now)
        if not self._ends_at:
            spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
            self._ends_at = now + AGE_SECONDS * spread
        elif now > self._ends_at:
            self.keeps_alive = False
