"""Event times and business days. The present is injected, never read inside a decision."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

#: Gives the present as Unix seconds; `time.time` outside the tests.
Clock = Callable[[], float]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class BusinessDay:
    """The calendar of a store: a zone, and the hour of the wall clock at which a day begins.

    With a cutoff of 4, a receipt of 03:59:59 belongs to the day before. A business day is
    the half-open interval [cutoff, cutoff of the next day) on the wall clock, so it has 23
    or 25 hours where the clocks change.
    """

    def __init__(self, zone: ZoneInfo, cutoff_hour: int = 0) -> None:
        self.zone = zone
        self.cutoff_hour = cutoff_hour
        # Naive texts of one hour share their day: tills send thousands an hour.
        self._day_of_hour = lru_cache(maxsize=4096)(self._day_of_wall_hour)

    def of(self, text: str) -> date:
        """Business day of a receipt's `date` text; raises ValueError when it is no time."""
        if len(text) == 19:
            return self._day_of_hour(text[:13])
        return self.on(event_time(text, self.zone).timestamp())

    def on(self, unix_seconds: float) -> date:
        """Business day of an instant."""
        wall = datetime.fromtimestamp(unix_seconds, self.zone)
        return (wall.replace(tzinfo=None) - timedelta(hours=self.cutoff_hour)).date()

    def starts(self, day: date) -> datetime:
        """The instant at which `day` begins, aware, in the store's zone."""
        return datetime(day.year, day.month, day.day, self.cutoff_hour, tzinfo=self.zone)

    def _day_of_wall_hour(self, hour: str) -> date:
        wall = datetime.fromisoformat(hour + ":00:00")
        return (wall - timedelta(hours=self.cutoff_hour)).date()


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
