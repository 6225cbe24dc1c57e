"""Windows are the same whatever the events' order, parts, repetitions and interruptions.

The rule that they are compared with is one query of DuckDB over all events at once.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.windows.event_counter import EventCounter
from events.windows.partials import PartialCounter
from events.windows.state_file import State
from tests.support import shop_events
from tests.support.counted_windows import (
    DEFINITIONS,
    MINUTE,
    NOW,
    Event,
    batch,
    counted,
    expected,
    log_of,
)
from tests.support.shop_events import BEGIN as FIRST
from tests.support.shop_events import SECOND
from tillstream.log.reader import LogMessage
from tillstream.streams.definition import LEAST_INTEGER, MOST_INTEGER

VALUES = st.one_of(st.none(), st.integers(-5, 5), st.integers(-(2**61), 2**61))
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 2**40),
        st.integers(0, 4 * MINUTE).map(lambda passed: FIRST + passed),
        st.one_of(st.none(), st.sampled_from(["a", "ä", "\U0001f956", 'b"\\', "a\0b"])),
        VALUES,
    ),
    max_size=12,
    unique_by=lambda event: event[0],
)


class KilledError(Exception):
    """The worker ends here."""


@given(data=st.data(), events=EVENTS)
@settings(max_examples=25)
def test_any_order_parts_repetitions_and_restarts_give_the_windows_of_one_batch(
    data: st.DataObject, events: list[Event]
) -> None:
    repeated = data.draw(
        st.permutations(events + data.draw(st.lists(st.sampled_from(events))) if events else [])
    )
    cuts = sorted(data.draw(st.sets(st.integers(0, len(repeated)), max_size=4)))
    parts = [repeated[a:b] for a, b in zip([0, *cuts], [*cuts, len(repeated)], strict=True)]
    log = log_of(parts)
    gathers = data.draw(st.lists(st.integers(1, 3), min_size=len(log), max_size=len(log)))
    killed_at = data.draw(st.integers(1, 60))
    steps = 0

    def step(_: int) -> None:
        nonlocal steps
        steps += 1
        if steps == killed_at:
            raise KilledError

    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.sqlite3"
        ended = False
        while not ended:
            with State(path) as state:
                counter = EventCounter(state, DEFINITIONS, lambda: NOW, step=step)
                rest = [one for one in log if one.offset >= (counter.progress.next_offset or 0)]
                try:
                    for size in gathers:
                        counter.count(rest[:size])
                        rest = rest[size:]
                    ended = True
                except KilledError:
                    continue
                found = counted(state, counter)
                duplicates = counter.streams["s"].duplicates

    assert (expected(events), len(repeated) - len(events)) == (found, duplicates)


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 6])
def test_what_was_begun_and_not_committed_is_counted_again(step: int, tmp_path: Path) -> None:
    events: list[Event] = [(number, FIRST, "a", number) for number in range(5)]
    log = log_of([events])

    def kill(at: int) -> None:
        if at == step:
            raise KilledError

    with State(tmp_path / "state") as state, pytest.raises(KilledError):
        EventCounter(state, DEFINITIONS, lambda: NOW, step=kill).count(log)
    with State(tmp_path / "state") as state:
        counter = EventCounter(state, DEFINITIONS, lambda: NOW)
        counter.count(log)

        assert expected(events) == counted(state, counter)


def test_only_the_event_that_exceeds_64_bits_is_set_aside(tmp_path: Path) -> None:
    values = [1, MOST_INTEGER, 2, -3, LEAST_INTEGER + 5]
    events: list[Event] = [(number, FIRST, "a", value) for number, value in enumerate(values)]
    with State(tmp_path / "state") as state:
        counter = EventCounter(state, DEFINITIONS, lambda: NOW)
        for message in log_of([events[:1], events[1:2], events[2:]]):
            counter.count([message])

        assert [(3, 0, "s")] == [(one.offset, one.row, one.stream) for one in state.aside()]
        assert expected([events[0], *events[2:]]) == counted(state, counter)
        assert (4, 1) == (counter.streams["s"].events, counter.streams["s"].set_aside)


def test_a_message_that_is_read_again_gives_the_archive_the_same_events(tmp_path: Path) -> None:
    events: list[Event] = [(number % 3, FIRST, "a", number) for number in range(5)]
    log = log_of([events[:2], events[2:]])
    with State(tmp_path / "state") as state:
        counter = EventCounter(state, DEFINITIONS, lambda: NOW, all_columns=True)
        once = [(one.offset, one.rows.tolist()) for one in counter.count(log)]
        again = [(one.offset, one.rows.tolist()) for one in counter.count(log)]

        assert [(0, [0, 1]), (3, [0])] == once
        assert once == again
        assert (3, 2) == (counter.streams["s"].events, counter.streams["s"].duplicates)


def test_what_is_no_events_is_set_aside_and_the_rest_counts(tmp_path: Path) -> None:
    events: list[Event] = [(1, FIRST, "a", 1)]
    unknown = shop_events.log_message(1, batch(events), NOW * SECOND, "other")
    log = [LogMessage(0, b"x", "text/plain"), unknown, log_of([[], events])[1]]
    with State(tmp_path / "state") as state:
        counter = EventCounter(state, DEFINITIONS, lambda: NOW)
        counter.count(log)

        assert [(0, -1, ""), (1, -1, "other")] == [
            (one.offset, one.row, one.stream) for one in state.aside()
        ]
        assert expected(events) == counted(state, counter)


def test_a_full_row_sets_aside_what_it_has_no_room_for_by_one_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full: list[Event] = [(0, FIRST, "a", MOST_INTEGER)]
    more: list[Event] = [(1 + n, FIRST, "a" if n % 2 else "b", 1) for n in range(3_000)]
    queries = 0
    whole = PartialCounter.count

    def count(*arguments: Any) -> Any:
        nonlocal queries
        queries += 1
        return whole(*arguments)

    monkeypatch.setattr(PartialCounter, "count", count)
    with State(tmp_path / "state") as state:
        counter = EventCounter(state, DEFINITIONS, lambda: NOW)
        for message in log_of([full, more]):
            counter.count([message])

        assert expected([*full, *more[::2]]) == counted(state, counter)
        assert [(3, row) for row in range(1, 3_000, 2)] == [
            (one.offset, one.row) for one in state.aside()
        ]
    assert queries < 6
