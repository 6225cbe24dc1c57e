"""Laws of the delay figures: nearest-rank percentiles, intervals, counters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.writer.delays import Delays, figures, mean, nearest_rank
from tillstream.snapshots import DelayFigures, DelaySnapshot

delays = st.lists(st.floats(-10, 1000), min_size=1, max_size=50)
NOW = 1_795_000_000.0


class Times:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def sold_and_received(sold: float, received: float) -> tuple[float, float]:
    return NOW - sold, NOW - received


@given(delays, st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(
    values: list[float], percent: int
) -> None:
    enough = [
        value
        for value in values
        if 100 * sum(other <= value for other in values) >= percent * len(values)
    ]

    assert min(enough) == nearest_rank(sorted(values), percent)


def test_percentiles_of_one_to_a_hundred_are_their_ranks() -> None:
    assert DelayFigures(p50=50, p95=95, p99=99) == figures([float(n) for n in range(100, 0, -1)])


def test_an_interval_tells_since_when_what_it_wrote_had_waited() -> None:
    found = Delays(Times())
    told = []
    found.writing(NOW - 9)
    told.append(found.snapshot().waiting_since)
    told.append(found.snapshot().waiting_since)
    found.writing(None)
    found.writing(NOW - 1)
    told += [found.snapshot().waiting_since, found.snapshot().waiting_since]
    found.writing(None)
    found.snapshot()
    told.append(found.snapshot().waiting_since)

    assert [NOW - 9, NOW - 9, NOW - 9, NOW - 1, None] == told


@given(delays)
def test_the_mean_lies_between_the_extremes(values: list[float]) -> None:
    average = mean(values)

    assert average is not None
    assert min(values) - 1e-9 <= average <= max(values) + 1e-9


def test_a_snapshot_covers_the_time_since_the_one_before() -> None:
    clock = Times()
    gathered = Delays(clock)
    gathered.add_stored([sold_and_received(5, 1), sold_and_received(7, 3)])
    gathered.add_others(duplicates=4, conflicts=1)
    gathered.add_others(dead_lettered=2)
    gathered.snapshot()
    clock.now = NOW + 1
    gathered.add_stored([sold_and_received(-2, 0.5)])

    nothing = DelaySnapshot(
        connection_delay=None,
        connection_percentiles=None,
        network_delay=None,
        network_percentiles=None,
        stored=3,
        duplicates=4,
        conflicts=1,
        dead_lettered=2,
        as_of=NOW + 1,
    )
    one = DelaySnapshot(
        connection_delay=-1.0,
        connection_percentiles=DelayFigures(p50=-1.0, p95=-1.0, p99=-1.0),
        network_delay=1.5,
        network_percentiles=DelayFigures(p50=1.5, p95=1.5, p99=1.5),
        stored=3,
        duplicates=4,
        conflicts=1,
        dead_lettered=2,
        as_of=NOW + 1,
    )

    assert [one, nothing] == [gathered.snapshot(), gathered.snapshot()]


def test_delays_run_until_the_receipt_is_stored() -> None:
    gathered = Delays(Times())
    gathered.add_stored([sold_and_received(5, 1), sold_and_received(7, 3)])

    snapshot = gathered.snapshot()

    assert (6.0, 2.0) == pytest.approx((snapshot.connection_delay, snapshot.network_delay))
