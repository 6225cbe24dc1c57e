"""What is usual: the mean of the last four same weekdays, by the same hours of the day. Pure.

Whoever compares a day with its usual does it by this module: pages, alerts, forecast.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

from tillstream.clock import BusinessDay
from tillstream.day_figures import Figures, total

#: So many same weekdays before.
WEEKS = 4


def usual_days(day: date) -> list[str]:
    """The same weekdays of the four weeks before, the newest first."""
    return [(day - timedelta(weeks=week)).isoformat() for week in range(1, WEEKS + 1)]


def day_hours(calendar: BusinessDay) -> list[str]:
    """The hours of a business day in their order, "00" to "23": it begins with its cutoff."""
    return [f"{(calendar.cutoff_hour + hour) % 24:02d}" for hour in range(24)]


def hours_over(calendar: BusinessDay, day: date, now: float) -> list[str]:
    """Those hours of a business day that are over at Unix seconds `now`, in their order."""
    return [hour for hour in day_hours(calendar) if _ends(calendar, day, int(hour)) <= now]


def usual(
    days: Iterable[Mapping[str, Figures]], hours: Collection[str]
) -> tuple[float, float] | None:
    """The mean gross in cents and the mean number of receipts of some hours.

    `days` by hour; a day without a receipt is left out. None where no day is left.
    """
    sold = [day for day in days if day]
    if not sold:
        return None
    whole = total(day[hour] for day in sold for hour in hours if hour in day)
    return whole.gross_minor / len(sold), whole.receipts / len(sold)


def _ends(calendar: BusinessDay, day: date, hour: int) -> float:
    """Unix seconds: an hour that comes twice ends with its second, one that is skipped at once."""
    turned = day + timedelta(days=1) if hour < calendar.cutoff_hour else day
    last = datetime(turned.year, turned.month, turned.day, hour, 59, 59, tzinfo=calendar.zone)
    return last.replace(fold=1).timestamp() + 1
