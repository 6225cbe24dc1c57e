"""A day's end: what is sold, and the usual rest at the day's own pace, within an honest band."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillstream import forecast
from tillstream.forecast import Forecast, Hours, TooFewDaysError, wanted_days

DAY = date(2026, 11, 21)
NOON = [f"{hour:02d}" for hour in range(12)]
#: A thousand until noon, and three thousand after it.
HOURS = {"09": 1_000, "15": 3_000}

cents = st.dictionaries(
    st.integers(7, 20).map(lambda hour: f"{hour:02d}"), st.integers(1, 10**6), min_size=14
)


def scaled(factor: float) -> Hours:
    return {hour: round(gross * factor) for hour, gross in HOURS.items()}


def before(*days: tuple[int, Hours]) -> dict[str, Hours]:
    return {(DAY - timedelta(days=ago)).isoformat(): hours for ago, hours in days}


def every_day(hours: Hours) -> dict[str, Hours]:
    return dict.fromkeys(wanted_days(DAY), hours)


@given(cents, st.integers(0, 24))
def test_a_day_like_every_other_ends_like_them_whenever_it_is_asked(hours: Hours, now: int) -> None:
    over = [f"{hour:02d}" for hour in range(now)]
    sold = {hour: gross for hour, gross in hours.items() if hour in over}
    whole = sum(hours.values())

    found = forecast.forecast(DAY, sold, every_day(hours), over)

    assert Forecast(whole, whole, whole, 4, 28) == found


def test_the_rest_runs_as_the_day_does_but_early_hours_say_little() -> None:
    twice = forecast.forecast(DAY, {"09": 2_000}, every_day(HOURS), NOON)

    # A fifth of a usual day, 800, is thought to have been sold as usual: 2,800 of 1,800.
    assert 2_000 + round(3_000 * 2_800 / 1_800) == twice.expected


def test_a_day_that_is_over_ends_with_what_it_has() -> None:
    over = [f"{hour:02d}" for hour in range(24)]

    found = forecast.forecast(DAY, scaled(3), every_day(HOURS), over)

    assert (12_000, 12_000, 12_000) == found[:3]


def test_the_hour_that_runs_cannot_leave_the_day_with_less_than_it_has() -> None:
    found = forecast.forecast(DAY, {"09": 1_000, "12": 9_000}, every_day(HOURS), NOON)

    assert (10_000, 10_000, 10_000) == found[:3]


@pytest.mark.parametrize("known", [0, 1])
def test_fewer_than_two_same_weekdays_foretell_nothing(known: int) -> None:
    closed: dict[str, Hours] = before((14, {}))

    with pytest.raises(TooFewDaysError) as raised:
        forecast.forecast(DAY, {}, closed | before((7, HOURS)) if known else closed, NOON)

    assert known == raised.value.known


def test_a_band_needs_days_that_it_could_have_been_wrong_on() -> None:
    two_weeks = before((7, HOURS), (14, HOURS))

    found = forecast.forecast(DAY, {"09": 1_000}, two_weeks, NOON)

    assert Forecast(4_000, None, None, 2, 1) == found


def test_eight_of_ten_past_days_lie_within_the_band() -> None:
    """Past days of the same morning, whose afternoons differ the more the older they are."""
    past = every_day(HOURS)
    for ago in range(1, 8):
        past[(DAY - timedelta(days=ago)).isoformat()] = {"09": 1_000, "15": 3_000 + 100 * ago}

    errors = forecast.past_errors(DAY, past, NOON)
    found = forecast.forecast(DAY, {"09": 1_000}, past, NOON)

    assert found.low is not None
    margin = 1 - found.low / found.expected
    within = sum(error <= margin + 0.001 for error in errors)
    assert (28, True) == (len(errors), 0.8 * 28 <= within <= 0.9 * 28)
