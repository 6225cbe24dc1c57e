"""Laws of the sources: receipts come when they are due, dated then, and as many as wanted."""

from datetime import UTC, date, datetime
from math import inf
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import chain
from generator.counters import MemoryCounters
from generator.receipts import Tills
from generator.schedules import Burst, Day, Schedule, Steady
from tillstream.clock import BusinessDay, event_time

PARIS = ZoneInfo("Europe/Paris")
NOON = 1_773_142_200.0


def tills(seed: int = 1) -> Tills:
    return Tills(chain.build(seed, 10, 2), MemoryCounters(), lambda: NOON, PARIS, seed)


def a_day(day: date, count: int, *, cutoff: int = 0, speed: float = 3600.0) -> Day:
    return Day(tills(), BusinessDay(PARIS, cutoff), day, count, speed, seed=1)


def drained(schedule: Schedule) -> list[tuple[float, float]]:
    """When each receipt was due, and the instant at which it was sold."""
    found = []
    while (due := schedule.due()) is not None:
        (issued,) = schedule.take(1, due)
        found.append((due, event_time(issued.date, PARIS).timestamp()))
    return found


def test_a_burst_is_due_at_once_and_whole() -> None:
    schedule = Burst(tills(), 25)
    taken = []
    while schedule.due() is not None:
        taken.append(len(schedule.take(10, 0.0)))

    assert [10, 10, 5] == taken


def test_steady_is_dated_when_it_is_due() -> None:
    schedule = Steady(tills(), 2.0, 5, NOON)

    assert [(0.0, NOON), (0.5, NOON), (1.0, NOON + 1), (1.5, NOON + 1), (2.0, NOON + 2)] == (
        drained(schedule)
    )


@given(st.integers(1, 20), st.floats(0, 30))
def test_no_more_are_taken_than_are_due_and_wanted(most: int, until: float) -> None:
    schedule = Steady(tills(), 1.0, 20, NOON)
    expected = min(most, int(until) + 1, 20)

    assert expected == len(schedule.take(most, until))


def test_steady_without_a_count_has_no_end() -> None:
    schedule = Steady(tills(), 1000.0, None, NOON)
    schedule.take(5000, inf)

    assert 5.0 == schedule.due()


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 10), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)],
)
def test_a_day_lasts_as_long_as_it_does(day: date, hours: int) -> None:
    moments = drained(a_day(day, 3000))
    first = datetime(day.year, day.month, day.day, tzinfo=PARIS).timestamp()

    assert 3000 == len(moments)
    assert first <= moments[0][1]
    assert first + 3600 * (hours - 1) < moments[-1][1] < first + 3600 * hours


@given(st.integers(1, 400), st.integers(0, 23))
@settings(max_examples=20)
def test_a_day_is_in_order_whole_and_of_its_business_day(count: int, cutoff: int) -> None:
    day = date(2026, 3, 10)
    schedule = a_day(day, count, cutoff=cutoff)
    calendar = BusinessDay(PARIS, cutoff)
    moments = drained(schedule)
    dues = [due for due, _ in moments]

    assert (count, sorted(dues), {day}) == (
        len(moments),
        dues,
        {calendar.on(sold) for _, sold in moments},
    )


def test_a_day_is_as_fast_as_its_speed() -> None:
    start = datetime(2026, 3, 9, 23, tzinfo=UTC).timestamp()

    for due, sold in drained(a_day(date(2026, 3, 10), 200, speed=60.0)):
        assert sold == pytest.approx(start + 60 * due, abs=1)


def test_noon_is_busier_than_the_night() -> None:
    hours = [
        datetime.fromtimestamp(sold, PARIS).hour
        for _, sold in drained(a_day(date(2026, 3, 10), 5000))
    ]

    assert hours.count(12) > 20 * hours.count(3)
