"""What the dashboard knows: snapshots and history in, one frame a second out. No I/O."""

import threading
from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dashboard.state import panels
from dashboard.state.archive_state import ARCHIVE, ArchiveState, Trouble
from dashboard.state.delays import milliseconds, worst_percentiles
from dashboard.state.frames import Bar, FeedState, Frame, ranked_bars
from dashboard.state.freshness import DETAILS_STALE_AFTER_SECONDS, Freshness, State
from dashboard.state.progress import Progress
from dashboard.state.sale_minutes import DAY_MINUTES, SaleMinutes, Sold
from dashboard.state.series import Point, Series, Values, coarse, latest
from tillstream import topology
from tillstream.clock import BusinessDay, utc
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

#: Every exchange that is heard.
FEEDS = topology.RESULTS + topology.DETAILS

#: What the totals worker makes of the log: none of it is of now while it is behind the log.
OF_THE_LEDGER = frozenset({topology.COUNT, topology.CATEGORIES, *topology.DETAILS})

#: Seconds kept at full detail, and the seconds that one point of the screen joins.
HOUR_SECONDS = 3600
SCREEN_STEP_SECONDS = 10
#: A delay is shown this long after the last receipt was stored, then it is no figure of now.
DELAY_KEPT_SECONDS = 10
#: A silence of the totals after which the archive is asked for what was missed.
GAP_SECONDS = 120
#: Points at the end of each series that a frame repeats, so that a lost one does no harm.
TAIL_POINTS = 3
TAIL_SECONDS = TAIL_POINTS * SCREEN_STEP_SECONDS


class Newest(NamedTuple):
    """The workers' newest words, whatever their age."""

    totals: CountSnapshot | None
    rate: RateSnapshot | None
    stored: DelaySnapshot | None
    tills: TillsSnapshot | None


class Model:
    """The figures of one business day, for all viewers. Safe to call from several threads."""

    def __init__(
        self,
        calendar: BusinessDay,
        now: float,
        archive: ArchiveState | None = None,
        one_zone: bool = True,
    ) -> None:
        """`archive` is what is known of it; None where nobody watches it.

        `one_zone`: whether every store is in the chain's.
        """
        self._archive = archive
        self._calendar = calendar
        self._lock = threading.Lock()
        self._feeds = {name: Freshness() for name in topology.RESULTS}
        for name in topology.DETAILS:
            sibling = self._feeds[topology.COUNT]
            self._feeds[name] = Freshness(DETAILS_STALE_AFTER_SECONDS, sibling)
        self._progress = Progress()
        self._count: CountSnapshot | None = None
        self._categories: CategoriesSnapshot | None = None
        self._rate: RateSnapshot | None = None
        self._delay: DelaySnapshot | None = None
        self._delays_since_tick: list[DelaySnapshot] = []
        #: The newest, whether or not anything was stored in its interval.
        self._stored: DelaySnapshot | None = None
        self._breakdowns: BreakdownsSnapshot | None = None
        self._tills: TillsSnapshot | None = None
        #: Gross in cents by hour of the same weekday a week before, from history.
        self._last_week: Mapping[str, int] = {}
        #: As of this second, and of the one before.
        self._panels: panels.Panels = {}
        self._panels_before: panels.Panels = {}
        self._day = calendar.on(now).isoformat()
        self._history_of: str | None = None
        #: Sum in cents and number of receipts, running, at the end of each minute; and as of the
        #: second before, by minute.
        self._minutes = SaleMinutes(calendar.zone if one_zone else None)
        self._minutes.begin(date.fromisoformat(self._day), calendar)
        self._drawn: dict[float | int | None, Point] = {}
        self._redrawn: list[Point] = []
        #: What the ledger had of last week's day when it was read.
        self._week_read: Sold | None = None
        #: Receipts per minute, and p50, p95, p99 of the network delay in ms: of the last hour
        #: by second, of the day by minute.
        self._seconds = Series(1, HOUR_SECONDS)
        self._rates = Series(60, DAY_MINUTES)
        self._delays = Series(60, DAY_MINUTES)

    @property
    def timezone(self) -> ZoneInfo:
        """The stores' time zone."""
        return self._calendar.zone

    def tills(self, now: float) -> TillsSnapshot | None:
        """The newest word on the tills; None when it is stale at `now`."""
        with self._lock:
            return self._tills if self._live(topology.TILLS, now) else None

    @property
    def newest(self) -> Newest:
        """What the operations page is made of."""
        with self._lock:
            return Newest(self._count, self._rate, self._stored, self._tills)

    def take(self, snapshot: Snapshot, now: float) -> None:
        """Take note of a snapshot that came at `now`; a repeated one changes nothing."""
        with self._lock:
            match snapshot:
                case CountSnapshot() if self._fresh(topology.COUNT, snapshot, now):
                    self._turn_to(snapshot.day)
                    if self._count and snapshot.as_of - self._count.as_of > GAP_SECONDS:
                        self._history_of = None
                    self._count = snapshot
                    self._progress.ledger_is_at(
                        snapshot.next_offset, snapshot.log_offset, snapshot.as_of
                    )
                    self._minutes.count(snapshot.as_of, (snapshot.sum_minor, snapshot.count))
                case CategoriesSnapshot() if self._fresh(topology.CATEGORIES, snapshot, now):
                    self._categories = snapshot
                case RateSnapshot() if self._fresh(topology.METRICS_STORM, snapshot, now):
                    self._rate = snapshot
                    self._progress.log_is_at(snapshot.log_offset, now)
                case DelaySnapshot() if self._fresh(topology.METRICS_DB, snapshot, now):
                    self._stored = snapshot
                    if self._archive:
                        self._archive.stored(snapshot)
                    if snapshot.network_delay is not None:
                        self._delay = snapshot
                        self._delays_since_tick = [*self._delays_since_tick[-7:], snapshot]
                case BreakdownsSnapshot() if self._fresh(topology.BREAKDOWNS, snapshot, now):
                    self._breakdowns = snapshot
                    if snapshot.day == self._day and "hour" in snapshot.breakdowns:
                        hours = snapshot.breakdowns["hour"].items()
                        self._minutes.hours(
                            {hour: (each.gross_minor, each.receipts) for hour, each in hours}
                        )
                case TillsSnapshot() if self._fresh(topology.TILLS, snapshot, now):
                    self._tills = snapshot

    @property
    def day(self) -> str:
        """The business day that is shown."""
        with self._lock:
            return self._day

    def named(self) -> tuple[list[str], list[str], bool]:
        """Stores and categories of the day, and whether those are all its stores."""
        with self._lock:
            of_day = self._breakdowns_of_the_day()
            stores = list(of_day.breakdowns.get("store", {})) if of_day else []
            selling = len(stores)
            stores += of_day.stores_at_zero if of_day else ()
            categories = (
                [each.name for each in self._categories.categories] if self._categories else []
            )
            return (
                stores,
                categories,
                (
                    of_day is not None
                    and (of_day.stores, of_day.at_zero) == (selling, len(of_day.stores_at_zero))
                ),
            )

    def history_wanted(self, now: float) -> date | None:
        """The business day whose history has not been read yet."""
        with self._lock:
            if self._count is None:
                self._turn_to(self._calendar.on(now).isoformat())
            return None if self._history_of == self._day else date.fromisoformat(self._day)

    def take_history(
        self,
        day: date,
        sold: Mapping[int, Sold],
        received: Mapping[int, Values],
        delays: Mapping[int, Values],
        last_week: Mapping[str, int],
        at: float,
    ) -> None:
        """Fill in what the archive had at `at`, by minute.

        `sold` has cents and receipts by the time of sale, `received` the number of receipts,
        `delays` p50, p95 and p99 in ms; `last_week` the cents of each hour of the same weekday a
        week before.
        """
        with self._lock:
            if day.isoformat() == self._day:
                self._minutes.read(float("-inf"), float("inf"), sold, at)
                # A minute's count is the rate at its end.
                self._rates.fill({minute + 60: count for minute, count in received.items()})
                self._delays.fill(delays)
                self._last_week = last_week
                self._week_read = self._closed_week()
                self._history_of = self._day

    def sold_again_wanted(self, now: float) -> tuple[date, float, float] | None:
        """The business day and the instants between which the archive is to be read again."""
        with self._lock:
            wanted = self._minutes.wanted(now)
            return None if wanted is None else (date.fromisoformat(self._day), *wanted)

    def take_sold(
        self, day: date, first: float, end: float, sold: Mapping[int, Sold], at: float
    ) -> bool:
        """What the archive had at `at` of [first, end); whether it was anything new."""
        with self._lock:
            return day.isoformat() == self._day and self._minutes.read(first, end, sold, at)

    def last_week_wanted(self) -> date | None:
        """The day a week before, when it has grown since it was read."""
        with self._lock:
            if self._history_of != self._day or self._closed_week() == self._week_read:
                return None
            return date.fromisoformat(self._day) - timedelta(days=7)

    def take_last_week(self, day: date, hours: Mapping[str, int]) -> None:
        """Cents by hour of the day a week before."""
        with self._lock:
            if day + timedelta(days=7) == date.fromisoformat(self._day):
                self._last_week = hours
                self._week_read = self._closed_week()

    def closed_week(self) -> Sold | None:
        """What the ledger has of the day a week before; None before it was heard."""
        with self._lock:
            return self._closed_week()

    def _closed_week(self) -> Sold | None:
        week_before = (date.fromisoformat(self._day) - timedelta(days=7)).isoformat()
        for each in self._count.closed_days if self._count else ():
            if each.day == week_before:
                return each.sum_minor, each.count
        return None

    def tick(self, now: float) -> None:
        """Note the second's rates and delays; a feed that is not live leaves a gap."""
        with self._lock:
            live = self._rate if self._live(topology.METRICS_STORM, now) else None
            rate = live.average_per_minute if live else None
            worst = worst_percentiles(self._delays_since_tick)
            self._seconds.put(now, (rate, *worst))
            self._rates.put(now, (rate,), latest)
            self._delays.put(now, worst, max)
            self._delays_since_tick = []
            self._redraw()
            self._panels_before = self._panels
            closed = self._count.closed_days if self._count else ()
            self._panels = panels.panels(
                self._breakdowns_of_the_day(), self._tills, closed, self._last_week
            ) | panels.counters(self._rate, self._stored, self._tills)

    def frame(self, sequence: int, now: float, whole: bool) -> Frame:
        """The figures at `now`; `whole` with all points of the day, else with the newest."""
        with self._lock:
            data_time = self._feeds[topology.COUNT].as_of or now
            seconds = self._seconds.points() if whole else self._seconds.tail(TAIL_SECONDS)
            # The first slot of a tail may be cut, so that its largest value is not known.
            first = 0 if whole else 1 - TAIL_POINTS
            rates = coarse((point[:2] for point in seconds), SCREEN_STEP_SECONDS, latest)
            delays = coarse(
                ((time, *percentiles) for time, _, *percentiles in seconds),
                SCREEN_STEP_SECONDS,
                max,  # a peak is what a viewer looks for
            )
            return Frame(
                seq=sequence,
                whole=whole,
                at=now,
                day=self._day,
                starts=self._calendar.starts(date.fromisoformat(self._day)).timestamp(),
                zone=self._calendar.zone.key,
                abbreviation=_abbreviation(data_time, self._calendar.zone),
                data_time=self._feeds[topology.COUNT].as_of,
                feeds=self._feed_states(now),
                archive=self.archive_trouble(now) or "",
                complete_until=self._count.complete_until if self._count else None,
                values=self._values(),
                panels=dict(self._panels)
                if whole
                else panels.changed(self._panels_before, self._panels),
                bars=self._bars(),
                minutes=self._minutes.points() if whole else self._redrawn,
                rates=[*(_before(rates, self._rates) if whole else []), *rates[first:]],
                delays=[*(_before(delays, self._delays) if whole else []), *delays[first:]],
            )

    def _redraw(self) -> None:
        """Note the newest minutes, and those that are no longer as they were drawn."""
        if self._minutes.only_seen:
            self._redrawn = self._minutes.tail(TAIL_POINTS)
            return
        points = {point[0]: point for point in self._minutes.points()}
        changed = {m: point for m, point in points.items() if self._drawn.get(m) != point}
        newest = {m: points[m] for m in list(points)[-TAIL_POINTS:]}
        self._redrawn = sorted((changed | newest).values(), key=lambda point: point[0] or 0)
        self._drawn = points

    def _fresh(self, feed: str, snapshot: Snapshot, now: float) -> bool:
        return self._feeds[feed].accept(snapshot.as_of, now)

    def _live(self, feed: str, now: float) -> bool:
        return self._feed_state(feed, now).state == "live"

    def _feed_states(self, now: float) -> dict[str, FeedState]:
        states = {name: self._feed_state(name, now) for name in self._feeds}
        if self._archive is None:
            return states
        states[ARCHIVE] = archive = self._archive.feed(now)
        stored = states[topology.METRICS_DB]
        if archive.state == "stale" and archive.as_of is not None and stored.as_of is not None:
            # Its writer speaks, but of nothing that it could store.
            states[topology.METRICS_DB] = FeedState("stale", min(archive.as_of, stored.as_of))
        return states

    def archive_away(self, now: float) -> bool:
        """Whether a question to the archive would only wait."""
        return self.archive_trouble(now) == "away"

    def archive_trouble(self, now: float) -> Trouble | None:
        """What is wrong with the archive, None when nothing is."""
        return None if self._archive is None else self._archive.trouble(now)

    def feeds(self, now: float) -> dict[str, FeedState]:
        """Of every feed, and of the archive: its state, and the time that its figures are of."""
        with self._lock:
            return self._feed_states(now)

    def _feed_state(self, feed: str, now: float) -> FeedState:
        """The state of a feed, and the time that its figures are of."""
        state: State = self._feeds[feed].state(now)
        as_of = self._feeds[feed].shown_as_of(now)
        behind = self._progress.behind_since(now) if feed in OF_THE_LEDGER else None
        if as_of is None or behind is None:
            return FeedState(state, as_of)
        return FeedState("stale", min(as_of, behind))

    def _turn_to(self, day: str) -> None:
        if day != self._day:
            self._day = day
            self._minutes.clear()
            self._minutes.begin(date.fromisoformat(day), self._calendar)
            self._drawn = {}
            self._last_week = {}
            # Rates are of processing time: the last hour stays on the screen over midnight.

    def _values(self) -> dict[str, str | None]:
        count, delay = self._count, self._delay
        newest = self._feeds[topology.METRICS_DB].as_of or 0.0
        # By the feed's time: of a feed that is silent the last figure stays, marked as stale.
        if delay is not None and newest - delay.as_of > DELAY_KEPT_SECONDS:
            delay = None
        percentiles = delay.connection_percentiles if delay else None
        return {
            "revenue": count.sum if count else None,
            "receipts": str(count.count) if count else None,
            "receipts-per-minute": str(self._rate.average_per_minute) if self._rate else None,
            "average-basket": panels.mean(count.sum_minor, count.count) if count else None,
            "connection-delay": milliseconds(percentiles.p95) if percentiles else None,
            "network-delay": milliseconds(delay.network_delay) if delay else None,
            **panels.figures(count, self._breakdowns_of_the_day(), self._tills),
        }

    def _breakdowns_of_the_day(self) -> BreakdownsSnapshot | None:
        found = self._breakdowns
        return found if found is not None and found.day == self._day else None

    def _bars(self) -> list[Bar]:
        snapshot = self._categories
        of_the_day = snapshot is not None and snapshot.day == self._day
        return ranked_bars(snapshot.categories) if snapshot and of_the_day else []


def _before(finer: list[Point], minutes: Series) -> list[Point]:
    """The minutes that end before the finer points begin."""
    if not finer:
        return minutes.points()
    first = finer[0][0] or 0
    return [point for point in minutes.points() if (point[0] or 0) + minutes.step <= first]


def _abbreviation(unix_seconds: float, zone: ZoneInfo) -> str:
    return utc(unix_seconds).astimezone(zone).tzname() or zone.key
