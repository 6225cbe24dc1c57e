"""The day against earlier ones, by the same hours, and where it will end. Pure.

Sums are whole: (gross and net in cents, receipts, units in thousandths). The browser divides.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from dashboard.state.panels import Panels, Row
from tillstream import forecast
from tillstream.clock import BusinessDay
from tillstream.day_figures import Figures, total
from tillstream.forecast import TooFewDaysError
from tillstream.snapshots import BreakdownsSnapshot
from tillstream.usual import day_hours, hours_over, usual_days

#: The figures of each hour of a day.
Hours = Mapping[str, Figures]
Past = Mapping[str, Hours]

#: What a day can be compared with; `?against=` of the live page.
CHOICES = ("yesterday", "week", "usual", "year")


def choices(day: date) -> dict[str, list[str]]:
    """The days of each choice, the newest first; of several the mean is meant."""
    ago = {"yesterday": 1, "week": 7, "year": 364}
    days = {name: [(day - timedelta(days=number)).isoformat()] for name, number in ago.items()}
    return {name: days.get(name) or usual_days(day) for name in CHOICES}


def compared_days(day: date) -> list[str]:
    """Every day that is compared with."""
    return sorted({each for days in choices(day).values() for each in days}, reverse=True)


def wanted_days(day: date) -> list[str]:
    """Every day whose hours are of use on that day: to compare with, and to foretell by."""
    return sorted({*compared_days(day), *forecast.wanted_days(day)}, reverse=True)


def compared(day: date, today: Hours, past: Past, over: Sequence[str]) -> Panels:
    """The panel `against`, and of each choice the panel `before-CHOICE` of hour and gross.

    A row of `against`: the choice, until when (HH:00, empty while no hour is over), its days, those
    of them that have figures, and the sums of those hours, of today and of the days together.
    """
    until = f"{(int(over[-1]) + 1) % 24:02d}:00" if over else ""
    rows: list[Row] = []
    panels: Panels = {}
    for name, days in choices(day).items():
        # A day without a receipt has no figures: it was not as others are.
        known = {each: past[each] for each in days if past.get(each)}
        before = _sums(known.values(), over)
        rows.append((name, until, tuple(days), tuple(known), _sums([today], over), before))
        panels[f"before-{name}"] = _by_hour(list(known.values()))
    return {"against": rows, **panels}


def _sums(days: Iterable[Hours], over: Sequence[str]) -> tuple[int, int, int, int]:
    whole = total(day[hour] for day in days for hour in over if hour in day)
    return whole.gross_minor, whole.net_minor, whole.receipts, whole.units_milli


def _by_hour(days: list[Hours]) -> list[Row]:
    """The mean gross of each hour."""
    hours = sorted({hour for day in days for hour in day})
    return [
        (hour, round(sum(day[hour].gross_minor for day in days if hour in day) / len(days)))
        for hour in hours
    ]


class Comparisons:
    """What is known of earlier days. Not safe for threads: the model's lock guards it."""

    def __init__(self, calendar: BusinessDay) -> None:
        self._calendar = calendar
        #: None before it was read.
        self._past: Past | None = None
        self._told: tuple[BreakdownsSnapshot | None, Panels] = (None, {})

    def take(self, past: Past) -> None:
        """The hours of the days that have any figures, of those that are wanted."""
        self._past = past
        self._told = (None, {})

    def panels(self, day: date, breakdowns: BreakdownsSnapshot | None) -> Panels:
        """`compared` of the day so far, and where it will end; nothing before both are known."""
        if self._past is None or breakdowns is None:
            return {}
        if self._told[0] is not breakdowns:
            self._told = (breakdowns, self._made(day, breakdowns, self._past))
        return self._told[1]

    def _made(self, day: date, breakdowns: BreakdownsSnapshot, past: Past) -> Panels:
        today = {
            hour: Figures(each.receipts, each.units_milli, each.gross_minor, each.net_minor)
            for hour, each in breakdowns.breakdowns.get("hour", {}).items()
        }
        # By the figures' own time: an hour is over when all of it can have been told.
        over = hours_over(self._calendar, day, breakdowns.as_of)
        return compared(day, today, past, over) | self._foretold(day, today, past, over)

    def _foretold(self, day: date, today: Hours, past: Past, over: Sequence[str]) -> Panels:
        """`forecast`: one row, until when, expected, low and high cents, and of how many days.

        `ahead`: the end of each hour to come, Unix seconds, and the cents expected by then.
        """
        gross = {each: _gross(hours) for each, hours in past.items()}
        sold = _gross(today)
        until = f"{(int(over[-1]) + 1) % 24:02d}:00" if over else ""
        try:
            found = forecast.forecast(day, sold, gross, over)
        except TooFewDaysError as error:
            return {"forecast": [(until, None, None, None, error.known, 0)]}
        usual = forecast.usual_hours(day, gross)
        rest = [
            (hour, sum(each.get(hour, 0) for each in usual))
            for hour in day_hours(self._calendar)[len(over) :]
        ]
        return {
            "forecast": [(until, *found)],
            "ahead": list(self._ahead(day, sold, over, found.expected, rest)),
        }

    def _ahead(
        self,
        day: date,
        sold: Mapping[str, int],
        over: Sequence[str],
        expected: int,
        rest: list[tuple[str, int]],
    ) -> Iterable[Row]:
        """The rest of the day in the shape that it usually has, up to its last sale.

        From the hours that are over: what the running one has sold is part of its usual.
        """
        least, until = sum(sold.values()), sum(sold.get(hour, 0) for hour in over)
        while rest and not rest[-1][1]:
            rest = rest[:-1]
        whole, so_far = sum(gross for _, gross in rest), 0
        for hour, gross in rest:
            so_far += gross
            part = so_far / whole if whole else 1
            yield self._end(day, int(hour)), max(least, round(until + part * (expected - until)))

    def _end(self, day: date, hour: int) -> float:
        turned = day + timedelta(days=1) if hour < self._calendar.cutoff_hour else day
        begins = datetime(turned.year, turned.month, turned.day, hour, tzinfo=self._calendar.zone)
        return begins.timestamp() + 3600


def _gross(hours: Hours) -> dict[str, int]:
    return {hour: each.gross_minor for hour, each in hours.items()}
