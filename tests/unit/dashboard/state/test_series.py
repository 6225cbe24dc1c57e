"""Bounded series of points."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.state.series import Series, coarse, latest

times = st.integers(0, 500)


@given(st.lists(times, max_size=200), st.integers(1, 20))
def test_a_series_never_outgrows_its_capacity(instants: list[int], capacity: int) -> None:
    series = Series(10, capacity)
    for instant in instants:
        series.put(instant, (instant,))
        series.fill({series.slot(instant) - 10: (0,)})

    assert len(series) <= capacity


@given(st.lists(times, max_size=100))
def test_points_are_in_order_one_a_slot(instants: list[int]) -> None:
    series = Series(10, 1000)
    for instant in instants:
        series.put(instant, (instant,))

    slots = [int(point[0] or 0) for point in series.points()]
    assert sorted(set(slots)) == slots


def test_a_slot_holds_its_newest_values() -> None:
    series = Series(60, 10)
    for instant, value in ((60, 1), (119.9, 2), (120, 3), (61, 4)):
        series.put(instant, (value,))

    assert [(60, 2), (120, 3)] == series.points()


@given(st.lists(times, max_size=100), st.integers(0, 10))
def test_the_tail_is_the_end_of_the_whole(instants: list[int], length: int) -> None:
    series = Series(10, 20)
    for instant in sorted(instants):
        series.put(instant, (instant,))

    assert series.points()[len(series) - min(length, len(series)) :] == series.tail(length)


def test_coarse_points_see_over_a_gap_that_is_shorter_than_a_slot() -> None:
    fine = [(0, 1.0, None), (1, 5.0, 2.0), (3, None, 1.0), (4, None, None)]

    actual = (coarse(fine, 4, max), coarse(fine, 4, latest))

    assert (
        [(0, 5.0, 2.0), (4, None, None)],
        [(0, 5.0, 1.0), (4, None, None)],
    ) == actual
