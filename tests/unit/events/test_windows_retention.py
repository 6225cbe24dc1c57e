"""What the retention removes, and that nothing else is lost by it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from events.windows.adoption import removed_before
from events.windows.event_counter import EventCounter
from events.windows.rebuilding import Rebuilding
from events.windows.state_file import State
from tests.support.counted_windows import (
    DEFINITIONS,
    MINUTE,
    NOW,
    WINDOW,
    Event,
    counted,
    expected,
    log_of,
)
from tests.support.kept_events import SetClock
from tests.support.shop_events import BEGIN, SECOND
from tillstream.streams.definition import Definitions

RETENTION = 10 * MINUTE
KEPT = Definitions(
    streams=DEFINITIONS.streams,
    windows={"w": msgspec.structs.replace(WINDOW, retention_us=RETENTION)},
)
#: Of a replay of 2019, or dated now.
TIMES = st.one_of(
    st.integers(0, 40).map(lambda minute: BEGIN + minute * MINUTE), st.just(NOW * SECOND)
)
PARTS = st.lists(
    st.tuples(st.lists(st.tuples(TIMES, st.sampled_from("ab")), max_size=4), st.integers(0, 15)),
    min_size=1,
    max_size=8,
)


def replay(minutes: range) -> list[Event]:
    return [(minute, BEGIN + minute * MINUTE, "a", minute) for minute in minutes]


@given(drawn=PARTS)
@settings(max_examples=15)
def test_rows_leave_after_the_retention_by_both_times_and_all_else_counts(
    drawn: list[tuple[list[tuple[int, str]], int]],
) -> None:
    parts: list[list[Event]] = [
        [(100 * number + row, time, who, 1) for row, (time, who) in enumerate(events)]
        for number, (events, _) in enumerate(drawn)
    ]
    clock = SetClock()
    clock.now = NOW
    sent: list[Event] = []
    changed: dict[tuple[int, str], float] = {}
    with TemporaryDirectory() as folder, State(Path(folder) / "state") as state:
        counter = EventCounter(state, KEPT, clock)
        for message, events, (_, minutes) in zip(log_of(parts), parts, drawn, strict=True):
            clock.now += minutes * 60
            before = {(row[0], row[1]) for row in counted(state, counter)}
            removed_to = counter.windows["w"].figures.pruned_before_us or 0
            counter.count([message])
            sent += events
            changed |= {
                (time - time % MINUTE, who or ""): clock.now
                for _, time, who, _ in events
                if time - time % MINUTE >= removed_to
            }
            figures = counter.windows["w"].figures
            found = counted(state, counter)
            kept_from = figures.pruned_before_us or 0
            mark = counter.streams["s"].watermark_us or 0
            gone = before - {(row[0], row[1]) for row in found}

            assert len(sent) == figures.events + figures.expired
            assert expected([one for one in sent if one[1] - one[1] % MINUTE >= kept_from]) == {
                row for row in found if row[0] >= kept_from
            }
            finals = state.execute('SELECT start, final FROM "window.w"').fetchall()
            assert all(final == (start + MINUTE <= mark) for start, final in finals)
            for row in gone:
                assert row[0] + MINUTE + RETENTION <= mark
                assert changed[row] + RETENTION / SECOND <= clock.now


def test_an_event_dated_now_in_a_replay_takes_nothing_of_it(tmp_path: Path) -> None:
    now: Event = (99, NOW * SECOND, "a", 99)
    log = log_of([replay(range(3)), [now], replay(range(3, 6))])
    with State(tmp_path / "state") as state:
        counter = EventCounter(state, KEPT, lambda: NOW)
        for message in log:
            counter.count([message])

        assert expected([*replay(range(6)), now]) == counted(state, counter)
        assert (0, 3) == (counter.windows["w"].figures.expired, counter.windows["w"].figures.late)


def test_a_silent_stream_loses_its_old_rows_by_the_clock_and_a_recount_keeps_them_removed(
    tmp_path: Path,
) -> None:
    clock = SetClock()
    clock.now = NOW
    path = tmp_path / "state.sqlite3"
    log = log_of([replay(range(3))])
    with State(path) as state:
        counter = EventCounter(state, KEPT, clock)
        counter.count(log)
        clock.now += 10 * 60 - 1
        early = counter.tick(None, caught_up=True), len(counted(state, counter))
        clock.now += 11 * 60
        late = counter.tick(None, caught_up=True), len(counted(state, counter))
    removed = removed_before(path, KEPT)
    rebuilding = Rebuilding(path, KEPT, clock, 400, removed)
    rebuilding.counter.count(log)
    recounted = rebuilding.counter.windows["w"].figures

    assert ((True, 3), (True, 0)) == (early, late)
    assert {"w": BEGIN + 2 * MINUTE + 1} == removed
    assert (0, 3) == (recounted.events, recounted.expired)
    rebuilding.close()
