"""Which day the log has come to: identities are dropped by it, not by a clock alone. Pure.

A clock that is ahead, ours or the door's, must not make anybody forget what was counted.
Days are ordinals.
"""

from collections.abc import Collection
from statistics import median_low
from typing import NamedTuple

#: Names under which they are kept: the day that is believed, and the one that was last seen.
LOG_DAY, LOG_DAY_SEEN = "log day", "log day seen"
#: The log's day moves by at most so many days for each new day that is seen.
MAX_STEP = 2
#: Days, the log's own among them, whose identities are open: what tills send that were offline for
#: longer comes late.
OPEN_DAYS = 3
#: Ordinal of 1970-01-01.
_EPOCH_DAY = 719_163
_DAY_SECONDS = 86_400


class DaysOfLog(NamedTuple):
    """The day that is believed, and the day that was seen last; None before any."""

    day: int | None = None
    seen: int | None = None

    def advanced(self, seen: int) -> "DaysOfLog":
        """After another day was seen: nearer to it by MAX_STEP at most, and never back.

        After a pause of weeks the day believed follows over the days to come: until then,
        identities are kept for longer than they need be.
        """
        if self.day is None:
            return DaysOfLog(seen, seen)
        if seen == self.seen:
            return self
        return DaysOfLog(max(self.day, min(seen, self.day + MAX_STEP)), seen)

    def is_refused(self) -> bool:
        """Whether the day that was seen is further ahead than is believed."""
        return self.day is not None and self.seen is not None and self.seen > self.day

    def certain(self) -> int:
        """The earlier of both: what was kept long before it may be dropped."""
        return min(day for day in (*self, MAX_DAY) if day is not None)


#: The last day that there is.
MAX_DAY = 3_652_059


def majority_day(days: Collection[int]) -> int | None:
    """A day that at least half of the receipts have come to; None of none."""
    return median_low(days) if days else None


def unix_day(unix_seconds: float) -> int:
    """The day of an instant, in UTC."""
    return _EPOCH_DAY + int(unix_seconds // _DAY_SECONDS)
