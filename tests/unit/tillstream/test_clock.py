"""Business days: zones, cutoffs, days of 23 and 25 hours."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillstream.clock import BusinessDay, moment

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


ZONES = [
    ZoneInfo(name)
    # Half hours, gaps at midnight, the date line, seconds before 1911.
    for name in ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo",
                 "Pacific/Apia", "Asia/Kolkata", "UTC")
]  # fmt: skip


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31, 23, 59, 59)),  # noqa: DTZ001
    st.sampled_from(["", "Z", "+14:00", "-23:59"]),
    st.sampled_from(ZONES),
    st.integers(0, 23),
)
def test_a_text_and_its_instant_share_day_hour_and_wall_clock(
    wall: datetime, offset: str, zone: ZoneInfo, cutoff: int
) -> None:
    calendar = BusinessDay(zone, cutoff)

    actual = moment(wall.isoformat(timespec="seconds") + offset, calendar)

    shown = actual.instant.astimezone(zone)
    instant = actual.unix_seconds
    day = (shown.replace(tzinfo=None) - timedelta(hours=cutoff)).date()
    assert (day, f"{shown.hour:02d}", instant) == (actual.day, actual.hour, shown.timestamp())
    assert day == calendar.on(instant)
    assert calendar.starts(day).timestamp() <= instant < actual.closes


@pytest.mark.parametrize(
    ("text", "cutoff", "day", "hour", "wall"),
    [
        # Never shown by a clock: 02:30 is 03:30, and that is after a cutoff of 3.
        ("2026-03-29 02:30:00", 0, date(2026, 3, 29), "03", "2026-03-29T03:30:00+02:00"),
        ("2026-03-29 02:30:00", 3, date(2026, 3, 29), "03", "2026-03-29T03:30:00+02:00"),
        # Shown twice: the first.
        ("2026-10-25 02:30:00", 0, date(2026, 10, 25), "02", "2026-10-25T02:30:00+02:00"),
        # The offset of the text stays, day and hour are those of the store.
        ("2026-11-21T23:30:00-05:00", 0, date(2026, 11, 22), "05", "2026-11-21T23:30:00-05:00"),
        ("1900-01-01 00:00:00", 0, date(1900, 1, 1), "00", "1900-01-01T00:00:00+00:09:21"),
        ("2026-11-21T08:00:00.1234567+01:00", 0, date(2026, 11, 21), "08",
         "2026-11-21T08:00:00.123456+01:00"),
    ],
)  # fmt: skip
def test_a_moment_has_day_hour_and_wall_clock(
    text: str, cutoff: int, day: date, hour: str, wall: str
) -> None:
    actual = moment(text, BusinessDay(PARIS, cutoff))

    shown = actual.instant.astimezone(timezone(actual.offset)).isoformat()
    assert (day, hour, wall) == (actual.day, actual.hour, shown)


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="hour"):
        BusinessDay(PARIS).of("2026-11-21 24:00:01")
