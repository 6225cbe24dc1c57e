"""Waiting, live, stale: by the age of the data, whatever the connection says."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.state.freshness import STALE_AFTER_SECONDS, Freshness
from dashboard.stream import FRAME_SECONDS

#: What the page promises.
PROMISE_SECONDS = 3.0
NOW = 1_795_000_000.0


def heard(as_of: float, now: float) -> Freshness:
    feed = Freshness()
    feed.accept(as_of, now)
    return feed


def test_a_feed_that_was_never_heard_is_waiting() -> None:
    actual = Freshness().state(NOW)

    assert "waiting" == actual


@given(st.floats(0, STALE_AFTER_SECONDS - 0.1))
def test_data_of_now_are_live(age: float) -> None:
    actual = heard(NOW, NOW).state(NOW + age)

    assert "live" == actual


@given(st.floats(0, 1))
def test_the_first_frame_that_must_say_stale_does(until_next_frame: float) -> None:
    # The last frame that could still say live is the one before the data's limit.
    last_live = NOW + STALE_AFTER_SECONDS + until_next_frame * FRAME_SECONDS

    actual = (heard(NOW, NOW).state(last_live + 0.001), last_live - NOW < PROMISE_SECONDS)

    assert ("stale", True) == actual


@given(st.floats(STALE_AFTER_SECONDS + 0.1, 1e6))
def test_old_data_that_come_just_now_are_stale(age: float) -> None:
    actual = heard(NOW - age, NOW).state(NOW)

    assert "stale" == actual


@given(st.floats(0, 1e6))
def test_a_worker_whose_clock_is_ahead_is_stale_when_it_falls_silent(ahead: float) -> None:
    actual = heard(NOW + ahead, NOW).state(NOW + STALE_AFTER_SECONDS + 0.1)

    assert "stale" == actual


def test_newer_data_make_it_live_again() -> None:
    feed = heard(NOW, NOW)
    feed.accept(NOW + 60, NOW + 60)

    actual = feed.state(NOW + 60.5)

    assert "live" == actual


def test_a_repetition_is_not_fresh() -> None:
    feed = heard(NOW, NOW)

    actual = (feed.accept(NOW, NOW + 1), feed.accept(NOW - 1, NOW + 1), feed.as_of)

    assert (False, False, NOW) == actual


def test_a_worker_whose_clock_was_set_back_is_believed_after_a_silence() -> None:
    feed = heard(NOW + 3600, NOW)

    actual = [feed.accept(NOW + 1, NOW + 1), feed.accept(NOW + 3, NOW + 3), feed.state(NOW + 3)]

    assert [False, True, "live"] == actual
