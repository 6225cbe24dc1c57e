"""How the sales of a business day usually lie over its hours. Pure.

Places within a business day are hours since its cutoff by the wall clock, 0 to 24.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from tillstream.clock import BusinessDay
from tillstream.day_figures import Figures, StoreFigures
from tillstream.opening_hours import OpeningHours
from tillstream.usual import day_hours

#: Opening hours are looked at in the middle of each quarter of an hour.
QUARTERS = 96
#: Of what lies in each quarter, the sum before it: QUARTERS + 1 numbers.
Running = Sequence[float]

ALWAYS = (1.0,) * QUARTERS


def place(calendar: BusinessDay, day: date, at: float) -> float:
    """Where Unix seconds lie in a business day of a calendar; before it 0, after it 24."""
    wall = datetime.fromtimestamp(at, calendar.zone)
    if (turned := calendar.on_wall(wall)) != day:
        return 0.0 if turned < day else 24.0
    return (wall.hour - calendar.cutoff_hour) % 24 + wall.minute / 60 + wall.second / 3600


def until(running: Running, place: float) -> float:
    """How much lies before a place; within a quarter evenly."""
    quarter = min(QUARTERS - 1, math.floor(place * 4))
    return running[quarter] + (place * 4 - quarter) * (running[quarter + 1] - running[quarter])


@lru_cache(maxsize=1_000)
def open_quarters(opening: OpeningHours, calendar: BusinessDay, day: date) -> tuple[float, ...]:
    """1 for each quarter of a business day in which a store is open, else 0."""
    midnight = datetime(day.year, day.month, day.day, calendar.cutoff_hour)  # noqa: DTZ001 - of the wall
    middles = (midnight + timedelta(minutes=15 * quarter + 7.5) for quarter in range(QUARTERS))
    return tuple(float(opening.is_open(middle)) for middle in middles)


class UsualHours:
    """The units of each product by hour, of the whole chain on the days that are usual."""

    def __init__(self, days: Iterable[StoreFigures], calendar: BusinessDay) -> None:
        """`days`: the chain's figures; what was returned in an hour beyond its sales is none."""
        order = {hour: number for number, hour in enumerate(day_hours(calendar))}
        self._units: dict[str, list[float]] = {}
        self._every = [0.0] * 24
        for figures in days:
            for hour, products in figures.product_hours.items():
                for code, of_hour in products.items():
                    units = self._units.setdefault(code, [0.0] * 24)
                    units[order[hour]] += of_hour.units_milli
        for units in self._units.values():
            units[:] = [max(0.0, each) for each in units]
            for at, number in enumerate(units):
                self._every[at] += number
        self._running: dict[tuple[str, tuple[float, ...]], Running] = {}

    def running(self, code: str, open_at: tuple[float, ...] = ALWAYS) -> Running:
        """Of a product within opening hours; of all together where its hours are not known."""
        known = self._running.get((code, open_at))
        if known is None:
            units = self._units.get(code)
            if units is None or not any(units):
                units = self._every
            sums = [0.0]
            for quarter, is_open in enumerate(open_at):
                sums.append(sums[-1] + units[quarter // 4] / 4 * is_open)
            known = self._running[code, open_at] = sums
        return known

    def share(self, code: str, place: float) -> float:
        """Which part of a product's day is sold before a place; 0 where nothing is known."""
        running = self.running(code)
        return until(running, place) / running[-1] if running[-1] > 0 else 0.0


def sum_of_hours(
    figures: StoreFigures, hours: Iterable[str], of: Callable[[Figures], int]
) -> Mapping[str, int]:
    """A figure of each product in some hours of the whole chain."""
    found: dict[str, int] = {}
    for hour in hours:
        for code, each in figures.product_hours.get(hour, {}).items():
            found[code] = found.get(code, 0) + of(each)
    return found
