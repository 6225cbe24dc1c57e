"""A chain that sells day after day by its opening hours: past days at once, then as time goes."""

from datetime import date, timedelta

import structlog

from generator.issued_receipt import IssuedReceipt
from generator.receipts import Tills
from generator.schedules import Day, Schedule
from generator.trading import TradingChain
from tillstream.clock import BusinessDay, utc

log = structlog.get_logger()

#: How finely the size of a day is measured, seconds.
MEASURE_SECONDS = 600


class ChainDays(Schedule):
    """Receipts from `first` on without end, or `count` of them; `per_day` of them on a mean day.

    One that was sold before `start` is due at once, a later one when it is sold.
    """

    def __init__(
        self,
        tills: Tills,
        trading: TradingChain,
        calendar: BusinessDay,
        *,
        first: float,
        start: float,
        per_day: float,
        seed: int,
        count: int | None = None,
    ) -> None:
        """`first` and `start` are Unix seconds."""
        self._tills, self._trading, self._calendar = tills, trading, calendar
        self._first, self._start = first, start
        self._seed = seed
        self._left = count
        self._live = False
        self._date = calendar.on(first)
        week = [self._size(self._date - timedelta(days=days)) for days in range(1, 8)]
        self._scale = per_day * len(week) / sum(week)
        self._day = self._begin()
        while self._day.at is not None and self._day.at < first:
            self._day.skip()

    def due(self) -> float | None:
        """Seconds after the start; 0 for what was sold before."""
        if self._left == 0:
            return None
        while (at := self._day.at) is None:
            self._date += timedelta(days=1)
            self._day = self._begin()
        if at > self._start and not self._live:
            self._live = True
            log.info("all that was sold before is sent, going on live", at=utc(at).isoformat())
        return max(0.0, at - self._start)

    def issue(self) -> IssuedReceipt:
        """The next one, dated when it is sold."""
        if self._left is not None:
            self._left -= 1
        return self._day.issue()

    def _begin(self) -> Day:
        count = round(self._scale * self._size(self._date))
        return Day(
            self._tills, self._calendar, self._date, count, 1.0, self._seed, self._trading.shoppers
        )

    def _size(self, day: date) -> float:
        first = self._calendar.starts(day).timestamp()
        slots = range(0, 86_400, MEASURE_SECONDS)
        return sum(self._trading.shoppers(first + slot) for slot in slots)
