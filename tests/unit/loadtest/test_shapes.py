"""Laws of the shapes: they reach what they promise, and they end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest import shapes
from loadtest.shapes import Want


@given(st.floats(1, 1000), st.floats(0, 59.9))
def test_steady_is_its_rate_from_the_start_to_the_end(rate: float, second: float) -> None:
    want = shapes.steady(second, rate, 60.0)

    assert want is not None
    assert rate == pytest.approx(want.users * shapes.USER_RATE, abs=0.5)


def test_steady_ends_with_its_time() -> None:
    assert shapes.steady(60.0, 7.0, 60.0) is None


@pytest.mark.parametrize(("sent", "users"), [(0, 64), (9_999, 64), (10_000, None), (10_001, None)])
def test_a_burst_ends_with_its_last_receipt(sent: int, users: int | None) -> None:
    want = shapes.burst(sent, 10_000)

    assert users == (want.users if want else None)


def test_a_day_is_quiet_at_night_and_busiest_at_noon() -> None:
    wants = [shapes.day(float(hour), 100.0, 24.0) for hour in range(24)]
    users = [want.users for want in wants if want]

    assert (24, 2, 100) == (len(users), users[3], users[12] + 100 - max(users))
    assert shapes.day(24.0, 100.0, 24.0) is None


@given(st.floats(0, 99.9))
def test_a_ramp_that_is_achieved_goes_on_step_by_step(second: float) -> None:
    asked = shapes.RAMP_STEP * (int(second / shapes.RAMP_STEP_SECONDS) + 1)

    assert Want(round(asked / 10), round(asked / 10) / 2) == shapes.ramp(second, asked, 10_000)


@pytest.mark.parametrize(
    ("second", "achieved", "ends"),
    [(9.0, 400.0, True), (9.0, 430.0, False), (5.0, 0.0, False), (19.0, 500.0, True)],
)
def test_a_ramp_ends_where_a_step_is_not_achieved(
    second: float, achieved: float, ends: bool
) -> None:
    assert ends == (shapes.ramp(second, achieved, 10_000) is None)


def test_a_step_is_judged_by_itself_and_a_run_too() -> None:
    achieved = shapes.Achieved()
    rates = [achieved.tick(float(second), 500 * second) for second in range(1, 11)]
    rates += [achieved.tick(float(10 + second), 5000 + 1000 * second) for second in range(1, 5)]

    assert [0.0, *[500.0] * 9] == rates[:10]
    assert 1000.0 == rates[-1]
    assert 0.0 == achieved.tick(1.0, 0)


def test_a_ramp_ends_at_the_most_that_is_wanted() -> None:
    assert shapes.ramp(10.0, 1000.0, 900.0) is None
