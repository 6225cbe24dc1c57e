"""The times of a cron text in a zone. Pure.

By cronsim, as Debian's cron does it where clocks change: a job at 02:30 runs at 03:00 on the day
that has no 02:30, and on the day that has two at the first of them; one whose minutes or hours
begin with `*` runs by time that passes.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FIELDS = 5
#: A day after which every cron text that ever comes does so within the library's 50 years.
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def check(cron: str) -> None:
    """Raises ValueError, with what is wrong, unless it is a cron text with a time that comes."""
    if len(cron.split()) != _FIELDS:
        raise ValueError("write five fields, minute hour day month weekday, as in `30 4 * * *`")
    try:
        next(CronSim(cron, _SOME_DAY))
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        raise ValueError(f"the {field} is none; `30 4 * * *` is every day at 04:30") from error
    except StopIteration as error:
        raise ValueError("no such day ever comes") from error


def times(cron: str, zone: ZoneInfo, after: float) -> Iterator[float]:
    """The times after `after`, each later than the one before; Unix seconds."""
    newest = after
    for found in CronSim(cron, datetime.fromtimestamp(after, zone)):
        at = found.timestamp()
        # In the hour that comes twice the library looks at the wall clock, and goes back; where an
        # hour is missing, it has all times of that hour at the end of it.
        if at > newest:
            newest = at
            yield at
