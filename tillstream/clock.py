"""Event times and business days. The present is injected, never read inside a decision."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

#: Gives the present as Unix seconds; `time.time` outside the tests.
Clock = Callable[[], float]

#: Further than any zone and cutoff bring a receipt's time, or the day that its till wrote, away
#: from its business day.
AROUND = timedelta(days=2)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def day_of_text(text: str) -> date:
    """A day such as 2026-11-21 and in no other form; raises ValueError.

    Python reads 20261121 and a week's day, 2026-W47-6, too.
    """
    if not _DAY.fullmatch(text):
        raise ValueError("a day is like 2026-11-21")
    return date.fromisoformat(text)


class BusinessDay:
    """The calendar of a store: a zone, and the hour of the wall clock at which a day begins.

    With a cutoff of 4, a receipt of 03:59:59 belongs to the day before. A business day is
    the half-open interval [cutoff, cutoff of the next day) on the wall clock, so it has 23
    or 25 hours where the clocks change.
    """

    def __init__(self, zone: ZoneInfo, cutoff_hour: int = 0) -> None:
        self.zone = zone
        self.cutoff_hour = cutoff_hour

    def of(self, text: str) -> date:
        """Business day of a receipt's `date` text; raises ValueError when it is no time."""
        return moment(text, self).day

    def on(self, unix_seconds: float) -> date:
        """Business day of an instant."""
        return self.on_wall(datetime.fromtimestamp(unix_seconds, self.zone))

    def on_wall(self, wall: datetime) -> date:
        """Business day of a time of the store's wall clock, aware and in its zone."""
        return (wall.replace(tzinfo=None) - timedelta(hours=self.cutoff_hour)).date()

    def starts(self, day: date) -> datetime:
        """The instant at which `day` begins, aware, in the store's zone."""
        return datetime(day.year, day.month, day.day, self.cutoff_hour, tzinfo=self.zone)


class Moment(NamedTuple):
    """What a receipt's `date` means in the calendar of its store."""

    #: Business day, and hour of the store's wall clock, "00" to "23".
    day: date
    hour: str
    #: The instant, in UTC, and as Unix seconds.
    instant: datetime
    unix_seconds: float
    #: Of the till's wall clock: that of the text, or of the store's zone at that instant.
    offset: timedelta
    #: When its business day ends, Unix seconds.
    closes: float


# Seconds repeat: a look-up costs a tenth of the calculation.
@lru_cache(maxsize=16_384)
def moment(text: str, calendar: BusinessDay) -> Moment:
    """What a date means, for everybody: no one else decides on a day or an hour.

    A wall-clock time that never was, as clocks went forward, is the one that clocks showed then:
    02:30 is 03:30. Raises ValueError when `text` is no time.
    """
    parsed = datetime.fromisoformat(text)
    instant = event_time(text, calendar.zone).astimezone(UTC)
    wall = instant.astimezone(calendar.zone)
    # Either has one: they are aware.
    offset = (wall if parsed.tzinfo is None else parsed).utcoffset() or timedelta()
    day = calendar.on_wall(wall)
    closes = calendar.starts(day + timedelta(days=1)).timestamp()
    return Moment(day, f"{wall.hour:02d}", instant, instant.timestamp(), offset, closes)


def event_time(text: str, zone: ZoneInfo) -> datetime:
    """A receipt's `date` as an aware time: an offset is honoured, none means `zone`.

    A wall-clock time that comes twice, when clocks go back, is taken as its first.
    """
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=zone)


def utc(unix_seconds: float) -> datetime:
    """An instant as an aware time in UTC."""
    return datetime.fromtimestamp(unix_seconds, UTC)


def milliseconds(moment: datetime) -> int:
    """An aware time as whole milliseconds of Unix time, as MongoDB keeps it: rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


def of_milliseconds(unix_milliseconds: int) -> datetime:
    """The time of whole milliseconds, exactly; raises OverflowError."""
    return _EPOCH + unix_milliseconds * _MILLISECOND
