"""Spans of business days: what an address asks for, its groups, and what is compared. Pure."""

from datetime import date, timedelta
from typing import Literal, NamedTuple

from tillstream.clock import day_of_text

#: What `?range=` may say: each ends with the present day.
Range = Literal["30d", "week", "month", "quarter", "year"]
By = Literal["day", "week", "month"]

#: Most days of one answer.
MAX_DAYS = 732
#: Receipts are of these years, the last left out (docs/receipt-contract.md).
FIRST_YEAR, LAST_YEAR = 1900, 3000

#: One day.
DAY = timedelta(days=1)
#: The same weekday a year before.
_YEAR = timedelta(weeks=52)


class Span(NamedTuple):
    """Business days, both ends included."""

    first: date
    last: date

    @property
    def number(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def days(self) -> list[date]:
        """Every day of it, oldest first."""
        return [self.first + timedelta(days=place) for place in range(self.number)]

    def names(self) -> list[str]:
        """Every day of it as YYYY-MM-DD."""
        return [day.isoformat() for day in self.days()]

    def before(self, time: timedelta) -> "Span":
        """As many days, so much earlier."""
        return Span(self.first - time, self.last - time)


class Group(NamedTuple):
    """What stands together in one bar: a day, an ISO week or a month, as far as the span goes."""

    #: 2026-11-29, 2026-W48 or 2026-11.
    key: str
    span: Span


class Comparison(NamedTuple):
    """Two spans of as many days, and by what they are alike."""

    #: `month` or `week`: which is running.
    period: str
    than: Literal["last month", "last week", "last year"]
    basis: Literal["same number of days", "same weekdays"]
    now: Span
    before: Span


def running(name: Range, today: date) -> Span:
    """The span of a name, to `today`."""
    match name:
        case "30d":
            first = today - timedelta(days=29)
        case "week":
            first = today - timedelta(days=today.weekday())
        case "month":
            first = today.replace(day=1)
        case "quarter":
            first = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            first = today.replace(month=1, day=1)
    return Span(first, today)


def between(first: str, last: str) -> Span:
    """The span of two texts such as 2026-11-29; raises ValueError in words."""
    try:
        span = Span(day_of_text(first), day_of_text(last))
    except ValueError:
        raise ValueError("from and to must be days like 2026-11-21") from None
    if span.first > span.last:
        raise ValueError("from must not be after to")
    if span.first.year < FIRST_YEAR or span.last.year >= LAST_YEAR:
        raise ValueError(f"receipts are of {FIRST_YEAR} to {LAST_YEAR - 1}")
    if span.number > MAX_DAYS:
        raise ValueError(f"choose at most {MAX_DAYS} days")
    return span


def groups(span: Span, by: By) -> list[Group]:
    """The groups of a span in their order; the first and the last may be cut by it."""
    found: list[Group] = []
    for day in span.days():
        key = _key(day, by)
        if found and found[-1].key == key:
            found[-1] = Group(key, Span(found[-1].span.first, day))
        else:
            found.append(Group(key, Span(day, day)))
    return found


def comparisons(over: date) -> list[Comparison]:
    """What is compared when `over` is the last day that is over: its month and its week so far.

    Against the month before by the same number of days, of both the shorter; against the week
    before, and against 52 weeks before, by the same weekdays.
    """
    month = Span(over.replace(day=1), over)
    week = Span(over - timedelta(days=over.weekday()), over)
    month_before = (month.first - DAY).replace(day=1)
    alike = timedelta(days=min(month.number, (month.first - month_before).days) - 1)
    return [
        Comparison(
            "month",
            "last month",
            "same number of days",
            Span(month.first, month.first + alike),
            Span(month_before, month_before + alike),
        ),
        Comparison("month", "last year", "same weekdays", month, month.before(_YEAR)),
        Comparison("week", "last week", "same weekdays", week, week.before(timedelta(weeks=1))),
        Comparison("week", "last year", "same weekdays", week, week.before(_YEAR)),
    ]


def _key(day: date, by: By) -> str:
    if by == "day":
        return day.isoformat()
    if by == "month":
        return f"{day.year:04d}-{day.month:02d}"
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"
