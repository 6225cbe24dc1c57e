"""When `count` is told: soon after a change, at most once a pace, and never later than it was."""

from bisect import bisect_left
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from analytics.workers.pace import LEAST_GATHER_SECONDS, PACE_SECONDS, SnapshotPace
from tillstream import topology
from tillstream.runtime.periodic import SNAPSHOT_SECONDS

START = 1_000_000.0
#: Seconds of one turn's counting; of rounding where seconds since 1970 are subtracted.
WORK_SECONDS = 0.02
ROUNDING = 1e-3
BOTH = (topology.COUNT, topology.CATEGORIES)

Told = list[tuple[float, tuple[str, ...]]]


def told(changes: list[float], seconds: float) -> Told:
    """What the worker's loop publishes when messages come at these times, and when."""
    now = START
    pace = SnapshotPace(lambda: now)
    arrivals = sorted(START + change for change in changes)
    published: Told = []
    read = 0
    while now < START + seconds:
        come = arrivals[read] if read < len(arrivals) else float("inf")
        # As LogReader.gather: waits for a first message, then for those that come after it.
        if come <= now + pace.remaining():
            now = max(now, come)
            now += pace.gather_seconds()
            read = bisect_left(arrivals, now)
            pace.changed()
            exchanges = pace.due()
            now += WORK_SECONDS
        else:
            now += pace.remaining() + ROUNDING / 100
            exchanges = pace.due()
        if exchanges and now < START + seconds:
            published.append((round(now - START, 3), exchanges))
    return published


changes = st.lists(st.floats(0, 5), max_size=60)


@given(changes)
def test_every_change_is_told_within_a_pace_and_the_counting(changes: list[float]) -> None:
    times = [at for at, _ in told(changes, 6)]
    # What comes while others are counted waits for their turn to end.
    longest = WORK_SECONDS + PACE_SECONDS + LEAST_GATHER_SECONDS + WORK_SECONDS + ROUNDING

    assert all(any(change <= at <= change + longest for at in times) for change in changes)


@given(changes)
def test_changes_within_a_pace_are_one_snapshot(changes: list[float]) -> None:
    times = [at for at, _ in told(changes, 6)]

    # A pace begins before a turn's counting, which is told after it; each half second is told too.
    least = PACE_SECONDS - WORK_SECONDS - ROUNDING
    early = sum(after - at < least for at, after in pairwise(times))

    assert early <= 6 / SNAPSHOT_SECONDS


@given(changes)
def test_all_are_told_each_half_second_whatever_changes(changes: list[float]) -> None:
    times = [at for at, exchanges in told(changes, 6) if exchanges == BOTH]

    latest = SNAPSHOT_SECONDS + PACE_SECONDS + WORK_SECONDS + ROUNDING

    assert all(after - at <= latest for at, after in pairwise([0.0, *times, 6.0]))


def test_without_a_change_a_snapshot_comes_each_half_second_and_no_sooner() -> None:
    actual = told([], 2.2)

    assert [(0.5 * turn, BOTH) for turn in range(5)] == actual


def test_a_lone_change_is_told_at_once() -> None:
    actual = told([0.7], 0.8)

    expected = round(0.7 + LEAST_GATHER_SECONDS + WORK_SECONDS, 3)
    assert (expected, (topology.COUNT,)) == actual[-1]


def test_a_steady_stream_is_told_once_a_pace() -> None:
    actual = told([n / 1000 for n in range(3000)], 3)

    # The counting is of the pace.
    turns = 3 / PACE_SECONDS

    assert turns - 2 <= len(actual) <= turns + 1


def test_a_clock_that_was_set_back_postpones_nothing() -> None:
    now = START
    pace = SnapshotPace(lambda: now)
    pace.due()
    now = START - 1000

    assert BOTH == pace.due()
