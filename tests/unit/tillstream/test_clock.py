"""Business days: zones, cutoffs, days of 23 and 25 hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillstream.clock import BusinessDay, event_time

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "cutoff", "day"),
    [
        ("2026-11-21 00:00:00", 0, date(2026, 11, 21)),
        ("2026-11-20 23:59:59", 0, date(2026, 11, 20)),
        ("2026-11-21 03:59:59", 4, date(2026, 11, 20)),
        ("2026-11-21 04:00:00", 4, date(2026, 11, 21)),
        ("2026-11-20T23:30:00Z", 0, date(2026, 11, 21)),
        ("2026-11-20T23:30:00+01:00", 0, date(2026, 11, 20)),
        ("2026-11-21T00:30:00.250+05:30", 0, date(2026, 11, 20)),
    ],
)
def test_a_receipt_belongs_to_the_business_day_of_its_store(
    text: str, cutoff: int, day: date
) -> None:
    actual = BusinessDay(PARIS, cutoff).of(text)

    assert day == actual


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 21), 24)],
)
def test_a_day_lasts_as_long_as_its_clock_says(day: date, hours: int) -> None:
    calendar = BusinessDay(PARIS)
    start, end = calendar.starts(day), calendar.starts(day + timedelta(days=1))

    actual = end.astimezone(UTC) - start.astimezone(UTC)

    assert timedelta(hours=hours) == actual


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.integers(0, 23))  # noqa: DTZ001
def test_a_text_and_its_instant_share_their_business_day(wall: datetime, cutoff: int) -> None:
    text = wall.isoformat(sep=" ", timespec="seconds")
    instant = event_time(text, PARIS)
    # A wall-clock time that the change to summer time skips is no instant of its own.
    if instant.astimezone(UTC).astimezone(PARIS).replace(tzinfo=None) != datetime.fromisoformat(
        text
    ):
        return
    calendar = BusinessDay(PARIS, cutoff)

    assert calendar.on(instant.timestamp()) == calendar.of(text)


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="hour"):
        BusinessDay(PARIS).of("2026-11-21 24:00:01")
