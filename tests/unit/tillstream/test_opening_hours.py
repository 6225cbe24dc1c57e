"""Opening hours: what a text says, and which texts say nothing."""

from datetime import UTC, date, datetime

import pytest

from tillstream import opening_hours
from tillstream.opening_hours import OpeningHoursError

# A Monday.
MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "day", "clock", "expected"),
    [
        ("Mo-Fr 06:30-19:30", 23, (6, 30), True),
        ("Mo-Fr 06:30-19:30", 23, (19, 30), False),
        ("Mo-Fr 06:30-19:30", 28, (12, 0), False),
        ("Mo-Su 06:30-19:30; Mo off", 23, (12, 0), False),
        ("Sa,Su 22:00-02:00", 30, (1, 59), True),
        ("Sa,Su 22:00-02:00", 30, (2, 0), False),
        ("Fr-Mo 08:00-12:00,14:00-24:00", 23, (23, 59), True),
        ("Fr-Mo 08:00-12:00,14:00-24:00", 23, (13, 0), False),
    ],
)
def test_a_store_is_open_as_its_text_says(
    text: str, day: int, clock: tuple[int, int], expected: bool
) -> None:
    week = opening_hours.parse(text)

    actual = week.is_open(datetime(2026, 11, day, *clock, tzinfo=UTC))

    assert expected == actual


@pytest.mark.parametrize(
    "text",
    ["", "Mo", "Mo 9-18", "Mo 25:00-26:00", "Mo 08:00-24:30", "Mo 08:00-08:00", "08:00-12:00"],
)
def test_a_text_that_is_no_opening_hours_is_told(text: str) -> None:
    with pytest.raises(OpeningHoursError):
        opening_hours.parse(text)


def test_the_text_of_a_week_reads_as_the_same_week() -> None:
    week = opening_hours.parse("Mo-We 06:30-12:00,13:00-19:30; Sa 22:00-02:00")

    again = opening_hours.parse(str(week))

    assert week.spans == again.spans
    assert [(6, 30), (13, 0)] == [(at.hour, at.minute) for at, _ in week.on(MONDAY)]
