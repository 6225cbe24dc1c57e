"""Figures are of now only while the ledger counts what the log holds, however often it speaks."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dashboard.state.feed_states import OF_THE_LEDGER
from dashboard.state.freshness import STALE_AFTER_SECONDS, UNSTEADY_SECONDS
from dashboard.state.model import Model
from dashboard.state.progress import BEHIND_SECONDS, Progress
from tests.support import snapshots
from tillstream import topology
from tillstream.clock import BusinessDay

NOW = 1_795_000_000.0


def told(seconds: int, next_offset: int, log_grows: bool = True) -> Progress:
    """What was heard in so many seconds of a log that grows and a ledger that stands."""
    progress = Progress()
    for second in range(seconds):
        progress.log_is_at(10 + second * log_grows, NOW + second)
        progress.ledger_is_at(next_offset, None, NOW + second)
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
        progress.ledger_is_at(offset + 1, offset, now + 1)
        found.add(progress.behind_since(now + 1))

    assert {None} == found


def test_a_reader_that_reads_the_last_minute_again_changes_nothing() -> None:
    progress = told(8, next_offset=12)
    progress.log_is_at(3, NOW + 8)

    assert NOW + 2 == progress.behind_since(NOW + 9)


def test_a_ledger_that_says_itself_that_the_log_has_more_is_behind_since_it_had_read_all() -> None:
    progress = Progress()
    found = []
    for second, (next_offset, log_offset) in enumerate(((8, 7), (8, 9), (8, 9), (10, 9))):
        progress.ledger_is_at(next_offset, log_offset, NOW + second)
        found.append(progress.behind_since(NOW + second))

    assert [None, NOW, NOW, None] == found


def test_a_ledger_that_has_counted_nothing_is_behind_a_log_that_has_something() -> None:
    progress = Progress()
    progress.ledger_is_at(None, None, NOW)
    empty = progress.behind_since(NOW)
    progress.log_is_at(0, NOW + 1)

    assert (None, NOW + 1) == (empty, progress.behind_since(NOW + 1 + 2 * BEHIND_SECONDS))


def test_a_ledger_whose_words_come_later_than_the_rates_is_not_ahead_of_the_log() -> None:
    progress = Progress()
    found = set()
    for half in range(100):
        at = NOW + half / 2
        # Ten receipts a second: a quarter of a second later the ledger has counted some more.
        progress.log_is_at(5 * half, at)
        progress.ledger_is_at(5 * half + 3, 5 * half + 2, at + 0.25)
        found.add(progress.behind_since(at + 0.25))

    assert {None} == found


def test_of_another_log_what_was_seen_of_the_first_is_forgotten() -> None:
    progress = told(8, next_offset=12)
    for second in range(8, 30):
        progress.log_is_at(3, NOW + second)
        progress.ledger_is_at(4, None, NOW + second)

    assert progress.behind_since(NOW + 30) is None


def hear(model: Model, at: float, log_offset: int, alive: bool) -> None:
    """Half a second's snapshots; of the totals worker only when it is alive."""
    model.take(replace(snapshots.rate(at), log_offset=log_offset), at)
    model.take(snapshots.delay(at), at)
    if alive:
        model.take(replace(snapshots.count(at), next_offset=5, log_offset=4), at)
        model.take(snapshots.categories(at), at)
        model.take(snapshots.breakdowns(at), at)
        model.take(snapshots.tills(at), at)


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

    assert ([{"live"}] * 20, [{"stale"}] * 16) == (found[:20], found[-16:])
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
