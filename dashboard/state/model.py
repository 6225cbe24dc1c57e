"""What the dashboard knows: snapshots and history in, one frame a second out. No I/O."""

import threading
from collections.abc import Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from dashboard.state import panels
from dashboard.state.archive_state import ArchiveState, Trouble
from dashboard.state.comparisons import Comparisons, Past
from dashboard.state.day_line import DayLine
from dashboard.state.feed_states import FeedStates
from dashboard.state.frames import FeedState, Frame
from dashboard.state.heard import Heard, Newest, Snapshot
from dashboard.state.paces import Paces
from dashboard.state.sale_minutes import Sold
from dashboard.state.series import Values
from tillstream import topology
from tillstream.clock import BusinessDay, utc
from tillstream.currencies import CURRENCY, exponent_of
from tillstream.snapshots import (
    BreakdownsSnapshot,
    CategoriesSnapshot,
    CountSnapshot,
    DelaySnapshot,
    RateSnapshot,
    TillsSnapshot,
)

_FEED_OF: Mapping[type[Snapshot], str] = {
    CountSnapshot: topology.COUNT,
    CategoriesSnapshot: topology.CATEGORIES,
    RateSnapshot: topology.METRICS_STORM,
    DelaySnapshot: topology.METRICS_DB,
    BreakdownsSnapshot: topology.BREAKDOWNS,
    TillsSnapshot: topology.TILLS,
}

#: A silence of the totals after which the archive is asked for what was missed.
GAP_SECONDS = 120


class Model:
    """The figures of one business day, for all viewers. Safe to call from several threads."""

    def __init__(
        self,
        calendar: BusinessDay,
        now: float,
        archive: ArchiveState | None = None,
        one_zone: bool = True,
        currency: str = CURRENCY,
    ) -> None:
        """`currency`: what is shown; snapshots of any other one are not taken.

        `archive` is what is known of it; None where nobody watches it.

        `one_zone`: whether every store is in the chain's.
        """
        self._archive = archive
        self.currency = currency
        self._exponent = exponent_of(currency)
        self._calendar = calendar
        self._lock = threading.Lock()
        self._feeds = FeedStates(archive)
        self._heard = Heard(self._exponent)
        self._comparisons = Comparisons(calendar)
        #: The newest day of which each feed has been heard, and not only that it has no receipt.
        self._sold_on: dict[str, str] = {}
        #: As of this second, and of the one before.
        self._panels: panels.Panels = {}
        self._panels_before: panels.Panels = {}
        self._day = calendar.on(now).isoformat()
        self._history_of: str | None = None
        self._line = DayLine(calendar.zone if one_zone else None)
        self._line.begin(date.fromisoformat(self._day), calendar)
        self._paces = Paces()

    @property
    def timezone(self) -> ZoneInfo:
        """The stores' time zone."""
        return self._calendar.zone

    def tills(self, now: float) -> TillsSnapshot | None:
        """The newest word on the tills; None when it is stale at `now`."""
        with self._lock:
            return self._heard.tills if self._feeds.live(topology.TILLS, now) else None

    @property
    def newest(self) -> Newest:
        """What the operations page is made of."""
        with self._lock:
            return self._heard.newest

    def take(self, snapshot: Snapshot, now: float) -> None:
        """Take note of a snapshot that came at `now`; a repeated one changes nothing."""
        if getattr(snapshot, "currency", self.currency) != self.currency:
            return
        with self._lock:
            self._sold_on[_FEED_OF[type(snapshot)]] = getattr(snapshot, "day", "")
        self._take(snapshot, now)

    def _take(self, snapshot: Snapshot, now: float) -> None:
        with self._lock:
            feed = _FEED_OF[type(snapshot)]
            if not self._feeds.accept(feed, snapshot.as_of, now):
                return
            before = self._heard.count
            self._heard.take(snapshot)
            match snapshot:
                case CountSnapshot():
                    self._turn_to(snapshot.day)
                    if before and snapshot.as_of - before.as_of > GAP_SECONDS:
                        self._history_of = None
                    self._feeds.progress.ledger_is_at(
                        snapshot.next_offset, snapshot.log_offset, snapshot.as_of
                    )
                    self._line.count(snapshot.as_of, (snapshot.sum_minor, snapshot.count))
                case RateSnapshot():
                    self._feeds.progress.log_is_at(snapshot.log_offset, now)
                case DelaySnapshot() if self._archive:
                    self._archive.stored(snapshot)
                case BreakdownsSnapshot():
                    if snapshot.day == self._day and "hour" in snapshot.breakdowns:
                        hours = snapshot.breakdowns["hour"].items()
                        self._line.hours(
                            {hour: (each.gross_minor, each.receipts) for hour, each in hours}
                        )

    def take_nothing(self, snapshot: Snapshot, now: float) -> None:
        """Take note of a snapshot that has no receipt, unless one of its day has been heard."""
        feed = _FEED_OF[type(snapshot)]
        with self._lock:
            heard = self._sold_on.get(feed)
        if heard != getattr(snapshot, "day", None):
            self._take(snapshot, now)

    @property
    def day(self) -> str:
        """The business day that is shown."""
        with self._lock:
            return self._day

    def sold(self, day: str) -> tuple[str, int, str] | None:
        """Currency, receipts and gross of a business day; None of a day that has no receipts."""
        with self._lock:
            count = self._heard.count
            if count is None or count.day != day or not count.count:
                return None
            return self.currency, count.count, count.sum

    def named(self) -> tuple[list[str], list[str], bool]:
        """Stores and categories of the day, and whether those are all its stores."""
        with self._lock:
            return self._heard.named(self._day)

    def history_wanted(self, now: float) -> date | None:
        """The business day whose history has not been read yet."""
        with self._lock:
            if self._heard.count is None:
                self._turn_to(self._calendar.on(now).isoformat())
            return None if self._history_of == self._day else date.fromisoformat(self._day)

    def take_history(
        self,
        day: date,
        sold: Mapping[int, Sold],
        received: Mapping[int, Values],
        delays: Mapping[int, Values],
        at: float,
    ) -> None:
        """Fill in what the archive had at `at`, by minute.

        `sold` has cents and receipts by the time of sale, `received` the number of receipts,
        `delays` p50, p95 and p99 in ms.
        """
        with self._lock:
            if day.isoformat() == self._day:
                self._line.read(float("-inf"), float("inf"), sold, at)
                self._paces.fill(received, delays)
                self._history_of = self._day

    def sold_again_wanted(self, now: float) -> tuple[date, float, float] | None:
        """The business day and the instants between which the archive is to be read again."""
        with self._lock:
            wanted = self._line.wanted(now)
            return None if wanted is None else (date.fromisoformat(self._day), *wanted)

    def take_sold(
        self, day: date, first: float, end: float, sold: Mapping[int, Sold], at: float
    ) -> bool:
        """What the archive had at `at` of [first, end); whether it was anything new."""
        with self._lock:
            return day.isoformat() == self._day and self._line.read(first, end, sold, at)

    def closed_week(self) -> Sold | None:
        """What the ledger has of the day a week before; None before it was heard."""
        with self._lock:
            week_before = date.fromisoformat(self._day) - timedelta(days=7)
            return self._heard.closed_day(week_before.isoformat())

    def take_past(self, day: date, past: Past) -> None:
        """The hours of earlier days, of those that are wanted on `day`."""
        with self._lock:
            if day.isoformat() == self._day:
                self._comparisons.take(past)

    def tick(self, now: float) -> None:
        """Note the second's rates and delays; a feed that is not live leaves a gap."""
        with self._lock:
            heard = self._heard
            live = heard.rate if self._feeds.live(topology.METRICS_STORM, now) else None
            rate = live.average_per_minute if live else None
            self._paces.put(now, rate, heard.worst_delays())
            self._line.redraw()
            self._panels_before = self._panels
            closed = heard.count.closed_days if heard.count else ()
            of_day = heard.breakdowns(self._day)
            self._panels = (
                panels.panels(of_day, heard.tills, closed)
                | panels.counters(heard.rate, heard.stored, heard.tills)
                | self._comparisons.panels(date.fromisoformat(self._day), of_day)
            )

    def frame(self, sequence: int, now: float, whole: bool) -> Frame:
        """The figures at `now`; `whole` with all points of the day, else with the newest."""
        with self._lock:
            counted_at = self._feeds.as_of(topology.COUNT)
            count, shown = self._heard.count, self._panels
            rates, delays = self._paces.points(whole)
            return Frame(
                seq=sequence,
                whole=whole,
                at=now,
                day=self._day,
                starts=self._calendar.starts(date.fromisoformat(self._day)).timestamp(),
                zone=self._calendar.zone.key,
                abbreviation=_abbreviation(counted_at or now, self._calendar.zone),
                data_time=counted_at,
                feeds=self._feeds.all(now),
                archive=self.archive_trouble(now) or "",
                complete_until=count.complete_until if count else None,
                values=self._heard.values(self._day) | panels.expected(shown, self._exponent),
                panels=dict(shown) if whole else panels.changed(self._panels_before, shown),
                bars=self._heard.bars(self._day),
                minutes=self._line.points() if whole else self._line.redrawn,
                rates=rates,
                delays=delays,
                currency=self.currency,
            )

    def archive_away(self, now: float) -> bool:
        """Whether a question to the archive would only wait."""
        return self.archive_trouble(now) == "away"

    def archive_trouble(self, now: float) -> Trouble | None:
        """What is wrong with the archive, None when nothing is."""
        return None if self._archive is None else self._archive.trouble(now)

    def feeds(self, now: float) -> dict[str, FeedState]:
        """Of every feed, and of the archive: its state, and the time that its figures are of."""
        with self._lock:
            return self._feeds.all(now)

    def _turn_to(self, day: str) -> None:
        if day != self._day:
            self._day = day
            self._line.turn_to(date.fromisoformat(day), self._calendar)
            self._comparisons = Comparisons(self._calendar)
            # Rates are of processing time: the last hour stays on the screen over midnight.


def _abbreviation(unix_seconds: float, zone: ZoneInfo) -> str:
    return utc(unix_seconds).astimezone(zone).tzname() or zone.key
