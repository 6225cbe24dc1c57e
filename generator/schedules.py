"""What is to be sent and when: at a rate, at once, or as a whole day goes."""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random

from generator.issued_receipt import IssuedReceipt
from generator.receipts import Tills
from generator.shopping_trips import weights
from tillstream.clock import BusinessDay

#: How finely the rhythm of a day is followed, seconds.
SLOT_SECONDS = 600
#: The same where stores have opening hours: within a minute none opens or closes.
MINUTE_SECONDS = 60


class Schedule(ABC):
    """Receipts in the order in which they are to be sent."""

    @abstractmethod
    def due(self) -> float | None:
        """Seconds after the start at which the next one is due; None when there is none."""

    @abstractmethod
    def issue(self) -> IssuedReceipt:
        """The next one, of which `due` has just told."""

    def take(self, most: int, until: float, /) -> Sequence[IssuedReceipt]:
        """The next one, and up to `most` in all of those that are due by `until`."""
        issued: list[IssuedReceipt] = []
        while len(issued) < most and (due := self.due()) is not None:
            if issued and due > until:
                break
            issued.append(self.issue())
        return issued


class Burst(Schedule):
    """`count` receipts, all due at once, each dated when it is taken."""

    def __init__(self, tills: Tills, count: int) -> None:
        self._tills = tills
        self._left = count

    def due(self) -> float | None:
        """0 until the last one is taken."""
        return 0.0 if self._left else None

    def issue(self) -> IssuedReceipt:
        """The next one."""
        return self.take(1, 0.0)[0]

    def take(self, most: int, _until: float, /) -> Sequence[IssuedReceipt]:
        """Up to `most`, printed together: the pace of the whole generator."""
        count = min(most, self._left)
        self._left -= count
        return self._tills.issue_many(count)


class Steady(Schedule):
    """Receipt n is due at n / rate, and dated then; `count` of them, None for no end."""

    def __init__(self, tills: Tills, rate: float, count: int | None, start: float) -> None:
        """`start` is the date of the first one, Unix seconds."""
        self._tills = tills
        self._rate = rate
        self._count = count
        self._start = start
        self._taken = 0

    def due(self) -> float | None:
        """n / rate."""
        if self._taken == self._count:
            return None
        return self._taken / self._rate

    def issue(self) -> IssuedReceipt:
        """The next one, dated when it is due."""
        issued = self._tills.issue(self._start + self._taken / self._rate)
        self._taken += 1
        return issued


class Day(Schedule):
    """A whole business day of `count` receipts, `speed` of its seconds in a real one.

    Receipts are dated by the day's own clock: as many in each ten minutes as shoppers come
    then, at random within them.
    """

    def __init__(
        self,
        tills: Tills,
        calendar: BusinessDay,
        day: date,
        count: int,
        speed: float,
        seed: int,
        shoppers_at: Callable[[float], float] | None = None,
    ) -> None:
        """`shoppers_at` tells of Unix seconds how many come; else the rhythm of every day does."""
        self._tills = tills
        self._count = count
        self._speed = speed
        self._first = calendar.starts(day).timestamp()
        last = calendar.starts(day + timedelta(days=1)).timestamp()
        # Days on which the clocks change have an hour of slots less or more.
        if shoppers_at is None:
            self._slot = SLOT_SECONDS
            slots = range(int(last - self._first) // SLOT_SECONDS)
            walls = (
                datetime.fromtimestamp(self._first + (slot + 0.5) * SLOT_SECONDS, calendar.zone)
                for slot in slots
            )
            shoppers = [
                sum(weights(wall.weekday(), wall.hour + wall.minute / 60)) for wall in walls
            ]
        else:
            self._slot = MINUTE_SECONDS
            slots = range(int(last - self._first) // MINUTE_SECONDS)
            shoppers = [shoppers_at(self._first + slot * MINUTE_SECONDS) for slot in slots]
            while shoppers and not shoppers[-1]:
                shoppers.pop()
            self._count = count if shoppers else 0
        self._cumulative = [0.0, *accumulate(shoppers)]
        self._draw = Random(f"{seed}/{day}").random
        self._taken = 0
        self._next = self._moment() if self._count else 0.0

    @property
    def at(self) -> float | None:
        """When the next one is sold, Unix seconds; None when there is none."""
        return self._first + self._next if self._taken < self._count else None

    def due(self) -> float | None:
        """Its time since the day's beginning, at `speed`."""
        return self._next / self._speed if self._taken < self._count else None

    def issue(self) -> IssuedReceipt:
        """The next one, dated by the day's own clock."""
        issued = self._tills.issue(self._first + self._next)
        self.skip()
        return issued

    def skip(self) -> None:
        """Go on without the next one."""
        self._taken += 1
        self._next = self._moment()

    def _moment(self) -> float:
        """Seconds into the day of the next receipt: growing, however they are drawn."""
        sums = self._cumulative
        share = sums[-1] * min((self._taken + self._draw()) / self._count, 1.0)
        slot = min(bisect_right(sums, share) - 1, len(sums) - 2)
        within = (share - sums[slot]) / (sums[slot + 1] - sums[slot])
        return (slot + min(within, 1.0)) * self._slot
