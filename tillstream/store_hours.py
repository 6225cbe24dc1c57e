"""Since when a store is open, by its opening hours: who may be missed, and who not."""

import math
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from tillstream.opening_hours import OpeningHours
from tillstream.stores import StoreTable

#: For so long after its opening, seconds, a store may have sold nothing, and its tills be quiet.
OPENING_GRACE_SECONDS = 1800.0


class Opened(Protocol):
    """Since when a store is open at a time, both in Unix seconds.

    None while it is closed; -inf where nobody said when it is open, as if it never closed.
    """

    def __call__(self, store: str, now: float, /) -> float | None: ...


class Stretch(NamedTuple):
    """From `first` until before `end` a store is open, or closed; Unix seconds."""

    first: float
    end: float
    is_open: bool


class StoreHours:
    """Answers for every till of a chain each second: a store's present stretch is kept."""

    def __init__(self, table: StoreTable) -> None:
        self._table = table
        self._present: dict[str, Stretch] = {}

    def opened(self, store: str, now: float) -> float | None:
        """Since when the store is open, as `Opened` has it."""
        stretch = self._present.get(store)
        if stretch is None or not stretch.first <= now < stretch.end:
            opening = self._table.store(store).opening
            if opening is None:
                return -math.inf
            zone = self._table.calendar(store).zone
            self._present[store] = stretch = present_stretch(opening, zone, now)
        return stretch.first if stretch.is_open else None

    def may_sell_nothing(self, store: str, now: float) -> bool:
        """Whether nobody wonders that it has sold nothing yet: it is closed, or has just opened."""
        opened = self.opened(store, now)
        return opened is None or now - opened < OPENING_GRACE_SECONDS


def present_stretch(opening: OpeningHours, zone: ZoneInfo, now: float) -> Stretch:
    """In which stretch a store is at Unix seconds `now`, by its own clock. Pure."""
    today = datetime.fromtimestamp(now, zone).date()
    # A span of yesterday may last into today.
    walls = [span for days in (-1, 0, 1) for span in opening.on(today + timedelta(days=days))]
    closed_since = _midnight(today - timedelta(days=1), zone)
    for first, end in _joined(
        (begins.replace(tzinfo=zone).timestamp(), ends.replace(tzinfo=zone).timestamp())
        for begins, ends in walls
    ):
        if now < first:
            return Stretch(closed_since, first, is_open=False)
        if now < end:
            return Stretch(first, end, is_open=True)
        closed_since = end
    # Closed also tomorrow: looked at again then, by then's neighbours.
    return Stretch(closed_since, _midnight(today + timedelta(days=1), zone), is_open=False)


def _midnight(day: date, zone: ZoneInfo) -> float:
    return datetime.combine(day, time(), zone).timestamp()


def _joined(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans in their order, those that touch as one: open until 24:00 and from 00:00 on."""
    joined: list[tuple[float, float]] = []
    for first, end in sorted(spans):
        if joined and first <= joined[-1][1]:
            begun, ended = joined.pop()
            joined.append((begun, max(ended, end)))
        else:
            joined.append((first, end))
    return joined


def never_closed(_store: str, _now: float) -> float | None:
    """Of a chain whose hours nobody knows."""
    return -math.inf
