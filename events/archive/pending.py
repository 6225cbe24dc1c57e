"""Events of one stream that wait to become a file. Pure: no I/O, no clock of its own."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from events.archive.encoding import TakenEvents
from tillstream.streams.events_manifest import day_of

MINUTE_US = 60_000_000
#: A file has at most about so many events, or bytes of them in memory.
FILE_ROWS = 500_000
FILE_BYTES = 48 * 1024 * 1024
#: So long a minute's file waits for events that are still on their way, seconds.
GRACE_SECONDS = 2.0
#: What a message takes in memory beside its events.
MESSAGE_BYTES = 4_096


class PendingFile:
    """Events of one day, in the order of the log, and of one minute where they come at their time.

    What belongs together is decided by `received` and sizes alone, so reading the log again cuts
    the same files.
    """

    def __init__(self, day: date, minute: int, now: float) -> None:
        self.day = day
        self.minute = minute
        self.taken: list[TakenEvents] = []
        self.rows = 0
        self.bytes = 0
        self._begun = self._added = now

    @property
    def first(self) -> int:
        """The first offset."""
        return self.taken[0].offset

    @property
    def last(self) -> int:
        """The last offset."""
        return self.taken[-1].offset

    def add(
        self,
        offset: int,
        received_us: int,
        events: pa.RecordBatch,
        rows: npt.NDArray[np.int64],
        now: float,
    ) -> None:
        """Take the events of one message."""
        if len(rows) < events.num_rows:
            events = events.take(pa.array(rows))
        self.taken.append(TakenEvents(offset, received_us, events, rows))
        self.rows += len(rows)
        self.bytes += events.nbytes + MESSAGE_BYTES
        self._added = now

    def is_full(self) -> bool:
        """Whether it is to be written now, however early."""
        return self.rows >= FILE_ROWS or self.bytes >= FILE_BYTES

    def is_over(self, received_us: int) -> bool:
        """Whether an event that came then belongs to the next file."""
        return received_us // MINUTE_US > self.minute

    def is_due(self, now: float) -> bool:
        """Whether its minute is over. What is read late, from the log, waits to be more."""
        if now < (self.minute + 1) * MINUTE_US / 1e6 + GRACE_SECONDS:
            return False
        return now - self._added >= GRACE_SECONDS or now - self._begun >= MINUTE_US / 1e6


def day_after(day: date | None, received_us: int) -> date:
    """The day of events that come after those of `day`: clocks differ, days do not go back."""
    own = day_of(received_us)
    return own if day is None or own > day else day


def largest(pending: Sequence[PendingFile]) -> PendingFile:
    """The one that takes most memory."""
    return max(pending, key=lambda one: one.bytes)
