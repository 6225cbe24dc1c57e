"""What is known of the archive: away, slow or behind is told in time, and nothing else is."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dashboard.state.archive_state import ARCHIVE, ArchiveState
from dashboard.state.model import Model
from dashboard.stream import FRAME_SECONDS
from tests.support.snapshots import ZONE, delay
from tillstream import topology
from tillstream.clock import BusinessDay
from tillstream.runtime.periodic import SNAPSHOT_SECONDS

NOW = 1_795_000_000.0
PROMISED_SECONDS = 3.0


def watched() -> tuple[Model, ArchiveState]:
    state = ArchiveState(NOW)
    return Model(BusinessDay(ZoneInfo(ZONE)), NOW, state), state


def asked_until(state: ArchiveState, end: float) -> None:
    at = NOW
    while at < end:
        state.answered(at, at + 0.01)
        at += SNAPSHOT_SECONDS


@given(st.floats(0, FRAME_SECONDS), st.floats(1, 60))
def test_an_archive_that_froze_is_away_within_three_seconds(phase: float, alive: float) -> None:
    model, state = watched()
    asked_until(state, NOW + alive)
    model.take(delay(NOW + alive, None), NOW + alive)
    at = NOW + alive + phase
    while at + FRAME_SECONDS <= NOW + alive + PROMISED_SECONDS:
        at += FRAME_SECONDS
    model.take(delay(at, None), at)

    frame = model.frame(1, at, whole=False)

    # Its writer goes on speaking, of nothing that it could store.
    told = [frame.feeds[feed].state for feed in (ARCHIVE, topology.METRICS_DB)]
    assert ("away", ["stale", "stale"]) == (frame.archive, told)


def test_an_archive_that_answers_is_live_while_nothing_is_sold() -> None:
    model, state = watched()
    asked_until(state, NOW + 60)
    model.take(delay(NOW + 60, None), NOW + 60)

    frame = model.frame(1, NOW + 60, whole=False)

    told = [frame.feeds[feed].state for feed in (ARCHIVE, topology.METRICS_DB)]
    assert ("", ["live", "live"]) == (frame.archive, told)


def test_answers_that_take_seconds_are_too_slow() -> None:
    model, state = watched()
    asked_until(state, NOW + 5)
    state.answered(NOW + 5, NOW + 7)

    assert "slow" == model.frame(1, NOW + 8, whole=False).archive


def test_an_archive_that_never_answered_is_away_and_is_not_waited_for() -> None:
    model, state = watched()
    state.silent()

    told = [
        (model.frame(1, NOW + s, whole=True).archive, model.archive_away(NOW + s)) for s in (1, 3)
    ]
    assert [("", False), ("away", True)] == told


def test_an_archive_that_lacks_what_was_accepted_is_behind_since_then() -> None:
    told = []
    for waiting_since in (NOW + 9, NOW + 2, None):
        model, state = watched()
        asked_until(state, NOW + 10)
        model.take(replace(delay(NOW + 10, None), waiting_since=waiting_since), NOW + 10)
        frame = model.frame(1, NOW + 10, whole=False)
        told.append((frame.archive, frame.feeds[ARCHIVE].as_of))

    assert [("", NOW + 9.5), ("behind", NOW + 2), ("", NOW + 9.5)] == told
