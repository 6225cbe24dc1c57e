"""Figures are of now only while the ledger counts what the log holds, however often it speaks."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dashboard.freshness import STALE_AFTER_SECONDS, UNSTEADY_SECONDS
from dashboard.model import OF_THE_LEDGER, Model
from dashboard.progress import BEHIND_SECONDS, OTHER_LOG_SECONDS, Progress
from tests import snapshots
from tillstream import topology
from tillstream.clock import BusinessDay

NOW = 1_795_000_000.0


def told(seconds: int, next_offset: int, log_grows: bool = True) -> Progress:
    """What was heard in so many seconds of a log that grows and a ledger that stands."""
    progress = Progress()
    for second in range(seconds):
        progress.log_is_at(10 + second * log_grows, NOW + second)
        progress.ledger_is_at(next_offset, NOW + second)
    return progress


def test_a_ledger_that_stands_while_the_log_grows_is_behind_since_the_first_uncounted() -> None:
    progress = told(8, next_offset=12)

    assert [None, NOW + 2] == [
        progress.behind_since(NOW + 2 + late) for late in (BEHIND_SECONDS, BEHIND_SECONDS + 0.1)
    ]


def test_a_ledger_at_the_end_of_a_log_that_rests_is_never_behind() -> None:
    assert told(3, next_offset=11, log_grows=False).behind_since(NOW + 1e6) is None


@given(st.lists(st.tuples(st.floats(0.1, 2), st.integers(1, 50)), min_size=1, max_size=50))
def test_a_ledger_that_counts_each_receipt_in_time_is_never_behind(
    steps: list[tuple[float, int]],
) -> None:
    progress = Progress()
    now, offset, found = NOW, 0, set()
    for wait, more in steps:
        now, offset = now + wait, offset + more
        progress.log_is_at(offset, now)
        found.add(progress.behind_since(now + 1))
        progress.ledger_is_at(offset + 1, now + 1)
        found.add(progress.behind_since(now + 1))

    assert {None} == found


def test_a_reader_that_reads_the_last_minute_again_changes_nothing() -> None:
    progress = told(8, next_offset=12)
    progress.log_is_at(3, NOW + 8)

    assert NOW + 2 == progress.behind_since(NOW + 9)


def test_a_log_that_is_shorter_than_what_was_counted_of_it_is_told() -> None:
    progress = Progress()
    for second in range(20):
        progress.log_is_at(second, NOW + second)
        progress.ledger_is_at(42_779, NOW + second)

    assert [None, NOW] == [
        progress.behind_since(NOW + late) for late in (OTHER_LOG_SECONDS, OTHER_LOG_SECONDS + 0.1)
    ]


def test_of_another_log_what_was_seen_of_the_first_is_forgotten() -> None:
    progress = told(8, next_offset=12)
    for second in range(8, 30):
        progress.log_is_at(3, NOW + second)
        progress.ledger_is_at(4, NOW + second)

    assert progress.behind_since(NOW + 30) is None


def hear(model: Model, at: float, log_offset: int, alive: bool) -> None:
    """Half a second's snapshots; of the totals worker only when it is alive."""
    model.take(replace(snapshots.rate(at), log_offset=log_offset), at)
    model.take(snapshots.delay(at), at)
    if alive:
        model.take(snapshots.count(at), at)
        model.take(snapshots.categories(at), at)
        model.take(snapshots.breakdowns(at), at)
        model.take(replace(snapshots.tills(at), next_offset=5), at)


def states(model: Model, at: float) -> set[str]:
    """Of all that the totals worker tells."""
    feeds = model.frame(1, at, whole=False).feeds
    return {feeds[name].state for name in OF_THE_LEDGER}


def test_a_totals_worker_that_speaks_and_counts_nothing_is_stale_since_then() -> None:
    model = Model(BusinessDay(ZoneInfo(snapshots.ZONE)), NOW)
    found = []
    for half in range(40):
        at = NOW + half / 2
        # A receipt comes after ten seconds.
        hear(model, at, 4 if half < 20 else 5, alive=True)
        found.append(states(model, at))
    frame = model.frame(1, NOW + 19.5, whole=False)

    assert ([{"live"}] * 20, [{"stale"}] * 10) == (found[:20], found[-10:])
    assert ("live", NOW + 10) == (
        frame.feeds[topology.METRICS_STORM].state,
        frame.feeds[topology.COUNT].as_of,
    )


def test_a_totals_worker_that_starts_again_and_again_is_stale_each_time() -> None:
    model = Model(BusinessDay(ZoneInfo(snapshots.ZONE)), NOW)
    live = 0
    for half in range(100):
        at = NOW + half / 2
        # Up for two seconds, away for three; nothing new is in the log.
        hear(model, at, 4, alive=half % 10 < 4)
        live += states(model, at) == {"live"} and half > 20

    assert 0 == live


def test_a_totals_worker_that_started_once_is_believed_at_once() -> None:
    model = Model(BusinessDay(ZoneInfo(snapshots.ZONE)), NOW)
    for half in (0, 1, 12, int(2 * UNSTEADY_SECONDS) + 20):
        hear(model, NOW + half / 2, 4, alive=True)

        assert {"live"} == states(model, NOW + half / 2 + STALE_AFTER_SECONDS / 2)
