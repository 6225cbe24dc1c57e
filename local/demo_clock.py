"""By which clock a demonstration's stores go: at night there is nothing to see."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

#: Where the made-up chain is.
HOME = ZoneInfo("Europe/Paris")
#: Hours at which its day is worth showing: late enough for figures, early enough for sales.
FIRST_HOUR, LAST_HOUR = 10, 18
SUNDAY_LAST_HOUR = 12
#: The hour that another zone is chosen by.
WEEKDAY_HOUR, SUNDAY_HOUR = 16, 11
#: Hours from UTC for which there is a zone.
OFFSETS = range(-12, 15)


def zone(now: float) -> str | None:
    """A zone in which stores sell at `now`, Unix seconds; None when they do at home."""
    if _sells(datetime.fromtimestamp(now, HOME)):
        return None
    walls = {
        hours: datetime.fromtimestamp(now, timezone(timedelta(hours=hours))) for hours in OFFSETS
    }
    hours = min(walls, key=lambda each: _distance(walls[each]))
    # The names of these zones have the sign of POSIX: west of Greenwich is +.
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC"


def _sells(wall: datetime) -> bool:
    last = SUNDAY_LAST_HOUR if wall.weekday() == 6 else LAST_HOUR
    return FIRST_HOUR <= wall.hour <= last


def _distance(wall: datetime) -> int:
    """How far a wall clock is from the best hour of its day; a Sunday, of few stores, is worse."""
    if wall.weekday() == 6:
        return 1 + abs(wall.hour - SUNDAY_HOUR)
    return abs(wall.hour - WEEKDAY_HOUR)
