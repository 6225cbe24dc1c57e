"""The clocks of a private system's rooms, a day further after each so many receipts."""

import time
from pathlib import Path

from loadtest import faked_clock
from tillstream.errors import ServerNotReadyError

#: Until every room has read that its clock was set.
READ_SECONDS = 3.0


class DayClock:
    """Begins in the past, so that the day of the last receipt is today."""

    def __init__(self, file: Path, of_day: int, receipts: int) -> None:
        """`of_day` receipts are of one day, `receipts` in all; the rooms read `file`.

        Raises ServerNotReadyError without libfaketime.
        """
        self._file = file
        self._of_day = of_day
        self._days = (receipts - 1) // of_day
        #: What a program gets, to have this clock.
        self.environ = faked_clock.environ(file)
        if not self.environ:
            raise ServerNotReadyError("receipts of many days need Debian's package libfaketime")
        self._set(0)

    def left(self, there: int) -> int:
        """How many receipts the day still gets, when so many are there."""
        return self._of_day - there % self._of_day

    def go_on(self, there: int) -> None:
        """Let it be the day of the next receipt, when so many are there."""
        day = there // self._of_day
        if day != self._day:
            self._set(day)
            time.sleep(READ_SECONDS)

    def _set(self, day: int) -> None:
        self._day = day
        faked_clock.set_clock(self._file, f"{day - self._days:+d}d")
