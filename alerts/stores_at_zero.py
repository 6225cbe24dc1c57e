"""Stores that are open and have sold nothing today."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from alerts.heard import Heard
from alerts.reading import Look, Reading
from alerts.rule import Rule
from tillstream.clock import BusinessDay
from tillstream.day_figures import DayTotals
from tillstream.figures_reader import FiguresReader
from tillstream.opening_hours import OpeningHours
from tillstream.store_hours import present_stretch
from tillstream.stores import StoreTable

#: Whoever sold something within so many days is a store that is known.
KNOWN_DAYS = 14


def open_since(hours: OpeningHours, calendar: BusinessDay, now: float) -> float | None:
    """Since when a store is open today, Unix seconds; None while it is closed. Pure.

    Who is open over the end of the business day is open since it began.
    """
    stretch = present_stretch(hours, calendar.zone, now)
    if not stretch.is_open:
        return None
    return max(stretch.first, calendar.starts(calendar.on(now)).timestamp())


class StoresAtZero:
    """The rule; raises pymongo's errors."""

    period = 5.0

    def __init__(self, rule: Rule, reader: FiguresReader, table: StoreTable, heard: Heard) -> None:
        self._rule = rule
        self._reader = reader
        self._table = table
        self._heard = heard

    def look(self, now: float) -> Look | None:
        """The readings at Unix seconds `now`: of stores of which it is known when they are open."""
        count = self._heard.counting(now)
        if count is None:
            return None
        calendars = {self._table.default, *self._table.exceptions.values()}
        days = {each.on(now) for each in calendars}
        before = {day - timedelta(days=past) for day in days for past in range(KNOWN_DAYS + 1)}
        totals = self._reader.totals(day.isoformat() for day in before)
        if count.count and count.day not in totals:
            # Counted, and not yet written where we read.
            return None
        # A store sells in its own currency: what it sold in that one is a sale, too.
        elsewhere = {day: self._reader.selling_elsewhere(day.isoformat()) for day in days}
        stores = {*self._table.stores, *(each for day in totals.values() for each in _sold(day))}
        readings = {}
        for store in stores:
            hours = self._table.store(store).opening or self._rule.hours
            if hours is None:
                continue
            calendar = self._table.calendar(store)
            since = open_since(hours, calendar, now)
            day = calendar.on(now)
            today = totals.get(day.isoformat())
            zero = (today is None or store not in _sold(today)) and store not in elsewhere[day]
            readings[f"store:{store}"] = Reading(
                f"store:{store}",
                bad=zero and since is not None,
                well=not zero or since is None,
                facts={
                    "name": self._table.store(store).title,
                    "closed": "" if since is not None else "closed",
                    "since": _clock(since, calendar),
                },
                store=store,
                since=since,
            )
        return Look(readings)


def _sold(day: DayTotals) -> Iterable[str]:
    return day.breakdowns.get("store", {})


def _clock(at: float | None, calendar: BusinessDay) -> str:
    return "" if at is None else f"{datetime.fromtimestamp(at, calendar.zone):%H:%M}"
