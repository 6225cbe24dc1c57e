"""The usual: same weekdays, same hours, also where clocks change."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tillstream.clock import BusinessDay
from tillstream.day_figures import Figures
from tillstream.usual import hours_over, usual, usual_days

PARIS = ZoneInfo("Europe/Paris")


def test_the_usual_days_are_the_same_weekdays() -> None:
    found = usual_days(date(2026, 3, 3))

    assert ["2026-02-24", "2026-02-17", "2026-02-10", "2026-02-03"] == found


@pytest.mark.parametrize(
    ("day", "clock", "cutoff", "expected"),
    [
        # Summer time begins: there is no hour from 2 to 3.
        (date(2026, 3, 29), datetime(2026, 3, 29, 4, 0, tzinfo=PARIS), 0, ["00", "01", "02", "03"]),
        # It ends: the hour from 2 to 3 comes twice, and is over after the second.
        (date(2026, 10, 25), datetime(2026, 10, 25, 2, 59, tzinfo=PARIS), 0, ["00", "01"]),
        (date(2026, 10, 25), datetime(2026, 10, 25, 2, 59, tzinfo=PARIS, fold=1), 0, ["00", "01"]),
        (date(2026, 10, 25), datetime(2026, 10, 25, 3, 0, tzinfo=PARIS), 0, ["00", "01", "02"]),
        (date(2026, 11, 21), datetime(2026, 11, 21, 6, 59, 59, tzinfo=PARIS), 4, ["04", "05"]),
        (date(2026, 11, 21), datetime(2026, 11, 22, 1, 0, tzinfo=PARIS), 23, ["23", "00"]),
    ],
)
def test_the_hours_that_are_over(
    day: date, clock: datetime, cutoff: int, expected: list[str]
) -> None:
    found = hours_over(BusinessDay(PARIS, cutoff), day, clock.timestamp())

    assert expected == found


def test_a_day_without_a_receipt_is_not_usual() -> None:
    days = [
        {"08": Figures(2, 0, 1_000), "09": Figures(1, 0, 500)},
        {},
        {"08": Figures(1, 0, 101)},
    ]

    assert (550.5, 1.5) == usual(days, ["08"])
    assert (800.5, 2.0) == usual(days, ["08", "09"])
    assert usual([{}], ["08"]) is None
