"""The sliding window of the last 60 seconds."""

from hypothesis import given
from hypothesis import strategies as st

from analytics.workers.rate_window import RateWindow


def test_the_window_holds_the_last_sixty_seconds() -> None:
    window = RateWindow()
    for received in (39.5, 40.5, 70.0, 99.9):
        window.add(received)

    actual = window.per_minute(100.0)

    assert 3 == actual


def test_a_quiet_minute_is_zero() -> None:
    window = RateWindow()
    window.add(10.0)

    actual = (window.per_minute(60.0), window.per_minute(71.0))

    assert (1, 0) == actual


def test_a_receipt_from_a_clock_that_is_ahead_waits_for_its_time() -> None:
    window = RateWindow()
    window.add(105.0)

    actual = (window.per_minute(100.0), window.per_minute(106.0))

    assert (0, 1) == actual


@given(st.lists(st.floats(0, 59), max_size=50))
def test_every_receipt_of_the_minute_counts_in_any_order(times: list[float]) -> None:
    window = RateWindow()
    for received in times:
        window.add(received)

    actual = window.per_minute(59.0)

    assert len(times) == actual


def test_the_mean_latency_is_of_the_last_interval() -> None:
    window = RateWindow()
    window.add_latency(0.010)
    window.add_latency(0.030)

    actual = (window.take_mean_latency_ms(), window.take_mean_latency_ms())

    assert (20.0, None) == actual
