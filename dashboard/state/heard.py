"""What the exchanges said last, and the figures that are told as they came. No I/O."""

from typing import NamedTuple

from dashboard.state import panels
from dashboard.state.delays import milliseconds, worst_percentiles
from dashboard.state.frames import Bar, ranked_bars
from dashboard.state.sale_minutes import Sold
from dashboard.state.series import Values
from tillstream.currencies import EXPONENT
from tillstream.snapshots import (
    BreakdownsSnapshot,
    CategoriesSnapshot,
    CountSnapshot,
    DelaySnapshot,
    RateSnapshot,
    TillsSnapshot,
)

Snapshot = (
    CountSnapshot
    | CategoriesSnapshot
    | RateSnapshot
    | DelaySnapshot
    | BreakdownsSnapshot
    | TillsSnapshot
)

#: A delay is shown this long after the last receipt was stored, then it is no figure of now.
DELAY_KEPT_SECONDS = 10


class Newest(NamedTuple):
    """The workers' newest words, whatever their age."""

    totals: CountSnapshot | None
    rate: RateSnapshot | None
    stored: DelaySnapshot | None
    tills: TillsSnapshot | None


class Heard:
    """The newest snapshot of each exchange. Not safe for threads: the model's lock guards it."""

    def __init__(self, exponent: int = EXPONENT) -> None:
        """`exponent`: digits after the point of the currency that is shown."""
        self._exponent = exponent
        self.count: CountSnapshot | None = None
        self.rate: RateSnapshot | None = None
        self.tills: TillsSnapshot | None = None
        #: The newest, whether or not anything was stored in its interval.
        self.stored: DelaySnapshot | None = None
        self._categories: CategoriesSnapshot | None = None
        self._breakdowns: BreakdownsSnapshot | None = None
        self._delay: DelaySnapshot | None = None
        self._delays_since_tick: list[DelaySnapshot] = []

    @property
    def newest(self) -> Newest:
        """What the operations page is made of."""
        return Newest(self.count, self.rate, self.stored, self.tills)

    def take(self, snapshot: Snapshot) -> None:
        """Keep it in the place of the one before."""
        match snapshot:
            case CountSnapshot():
                self.count = snapshot
            case CategoriesSnapshot():
                self._categories = snapshot
            case RateSnapshot():
                self.rate = snapshot
            case DelaySnapshot():
                self.stored = snapshot
                if snapshot.network_delay is not None:
                    self._delay = snapshot
                    self._delays_since_tick = [*self._delays_since_tick[-7:], snapshot]
            case BreakdownsSnapshot():
                self._breakdowns = snapshot
            case TillsSnapshot():
                self.tills = snapshot

    def worst_delays(self) -> Values:
        """p50, p95 and p99 in ms, the worst since they were asked for last."""
        worst = worst_percentiles(self._delays_since_tick)
        self._delays_since_tick = []
        return worst

    def breakdowns(self, day: str) -> BreakdownsSnapshot | None:
        """Those of a business day."""
        found = self._breakdowns
        return found if found is not None and found.day == day else None

    def closed_day(self, day: str) -> Sold | None:
        """Cents and receipts that the ledger has of an earlier day; None where it names none."""
        for each in self.count.closed_days if self.count else ():
            if each.day == day:
                return each.sum_minor, each.count
        return None

    def named(self, day: str) -> tuple[list[str], list[str], bool]:
        """Stores and categories of a day, and whether those are all its stores."""
        of_day = self.breakdowns(day)
        stores = list(of_day.breakdowns.get("store", {})) if of_day else []
        selling = len(stores)
        stores += of_day.stores_at_zero if of_day else ()
        categories = [each.name for each in self._categories.categories] if self._categories else []
        complete = of_day is not None and (
            (of_day.stores, of_day.known_stores) == (selling, len(stores))
        )
        return stores, categories, complete

    def values(self, day: str) -> dict[str, str | None]:
        """Exact text of each tile by its element id; None where there is none."""
        count, delay = self.count, self._delay
        newest = self.stored.as_of if self.stored else 0.0
        # By the feed's time: of a feed that is silent the last figure stays, marked as stale.
        if delay is not None and newest - delay.as_of > DELAY_KEPT_SECONDS:
            delay = None
        percentiles = delay.connection_percentiles if delay else None
        basket = panels.mean_amount(count.sum_minor, count.count, self._exponent) if count else None
        return {
            "revenue": count.sum if count else None,
            "receipts": str(count.count) if count else None,
            "receipts-per-minute": str(self.rate.average_per_minute) if self.rate else None,
            "average-basket": basket,
            "connection-delay": milliseconds(percentiles.p95) if percentiles else None,
            "network-delay": milliseconds(delay.network_delay) if delay else None,
            **panels.figures(count, self.breakdowns(day), self.tills, self._exponent),
        }

    def bars(self, day: str) -> list[Bar]:
        """The categories of a day."""
        snapshot = self._categories
        of_the_day = snapshot is not None and snapshot.day == day
        return ranked_bars(snapshot.categories, self._exponent) if snapshot and of_the_day else []
