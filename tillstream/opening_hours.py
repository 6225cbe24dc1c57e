"""When a store is open, by weekday of its own clock. Pure.

The text is a part of OpenStreetMap's `opening_hours`: "Mo-Fr 06:30-19:30; Sa 07:00-19:00; Su off".
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from tillstream.errors import TillstreamError

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")

_DAYS = re.compile(r"(Mo|Tu|We|Th|Fr|Sa|Su)(?:-(Mo|Tu|We|Th|Fr|Sa|Su))?")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_DAY_MINUTES = 24 * 60


class OpeningHoursError(TillstreamError):
    """A text that is no opening hours."""


class Span(NamedTuple):
    """Open from `first` until before `end`, in minutes of the wall clock; beyond 1,440 at night."""

    first: int
    end: int


class OpeningHours:
    """The week of a store. A weekday that the text does not name is closed."""

    def __init__(self, spans: Mapping[int, tuple[Span, ...]]) -> None:
        """`spans` by weekday, Monday being 0."""
        self.spans = dict(spans)

    def is_open(self, wall: datetime) -> bool:
        """Whether the store is open at an aware time of its own wall clock."""
        minute = wall.hour * 60 + wall.minute
        today = self.spans.get(wall.weekday(), ())
        before = self.spans.get((wall.weekday() - 1) % 7, ())
        return any(first <= minute < end for first, end in today) or any(
            first <= minute + _DAY_MINUTES < end for first, end in before
        )

    def on(self, day: date) -> list[tuple[datetime, datetime]]:
        """Opening and closing times that begin on a day, naive, of the store's wall clock."""
        midnight = datetime.combine(day, time())
        return [
            (midnight + timedelta(minutes=first), midnight + timedelta(minutes=end))
            for first, end in self.spans.get(day.weekday(), ())
        ]

    def __str__(self) -> str:
        parts = [
            f"{WEEKDAYS[day]} "
            + ",".join(f"{_clock(span.first)}-{_clock(span.end)}" for span in spans)
            for day, spans in sorted(self.spans.items())
        ]
        return "; ".join(parts)


def parse(text: str) -> OpeningHours:
    """The week that a text says; raises OpeningHoursError with what is wrong and how to mend it."""
    spans: dict[int, tuple[Span, ...]] = {}
    for rule in filter(None, (each.strip() for each in text.split(";"))):
        days, _, hours = rule.partition(" ")
        open_at = () if hours.strip() == "off" else tuple(map(_span, hours.split(",")))
        for day in _weekdays(days, rule):
            spans[day] = open_at
    if not spans:
        raise OpeningHoursError("opening hours are empty: leave the cell out, or write 'Mo-Su off'")
    return OpeningHours({day: hours for day, hours in spans.items() if hours})


def _weekdays(text: str, rule: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        if (match := _DAYS.fullmatch(part.strip())) is None:
            raise OpeningHoursError(
                f"{rule!r} does not begin with weekdays such as Mo, Mo-Fr or Sa,Su"
            )
        first = WEEKDAYS.index(match[1])
        last = WEEKDAYS.index(match[2]) if match[2] else first
        found += [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]
    return found


def _span(text: str) -> Span:
    if (match := _SPAN.fullmatch(text.strip())) is None:
        raise OpeningHoursError(
            f"{text.strip()!r} is no time of opening such as 06:30-19:30, or off"
        )
    first, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if end > _DAY_MINUTES:
        raise OpeningHoursError(f"{text.strip()!r} ends after 24:00: at night write 22:00-02:00")
    if first == end:
        raise OpeningHoursError(f"{text.strip()!r} opens and closes at the same time")
    return Span(first, end if end > first else end + _DAY_MINUTES)


def _clock(minute: int) -> str:
    minute -= _DAY_MINUTES if minute > _DAY_MINUTES else 0
    return f"{minute // 60:02d}:{minute % 60:02d}"
