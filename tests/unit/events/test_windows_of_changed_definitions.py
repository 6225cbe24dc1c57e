"""A window counts all of its stream by one definition, or says that it does not."""

from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from events.windows import declared
from events.windows.event_counter import EventCounter
from events.windows.rebuilding import Rebuilding
from events.windows.state_file import State
from tests.support import shop_events
from tests.support.counted_windows import (
    DEFINITIONS,
    NOW,
    STREAM,
    WINDOW,
    Event,
    batch,
    counted,
    expected,
    log_of,
)
from tests.support.shop_events import BEGIN, SECOND
from tillstream.streams.columns import ENUM
from tillstream.streams.definition import Definitions

EVENTS: list[Event] = [(number, BEGIN + number * SECOND, "a", number) for number in range(4)]
LOG = log_of([EVENTS[:2], EVENTS[2:]])
HOURLY = msgspec.structs.replace(WINDOW, size_us=3_600 * SECOND)
RETITLED = msgspec.structs.replace(WINDOW, title="Another", retention_us=10**15)


def windows(**named: object) -> Definitions:
    return Definitions(streams={"s": STREAM}, windows=named)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("after", "stale"),
    [
        (windows(w=HOURLY), {"w": declared.CHANGED}),
        (windows(w=RETITLED), {"w": ""}),
        (
            windows(w=WINDOW, more=msgspec.structs.replace(WINDOW, name="more")),
            {"w": "", "more": declared.LATER},
        ),
        (windows(), {}),
    ],
)
def test_only_what_is_counted_by_one_definition_goes_on(
    after: Definitions, stale: dict[str, str], tmp_path: Path
) -> None:
    with State(tmp_path / "state") as state:
        EventCounter(state, DEFINITIONS, lambda: NOW).count(LOG[:1])
        counter = EventCounter(state, after, lambda: NOW)
        counter.count(LOG[1:])
        said = {name: rows.figures.stale for name, rows in counter.windows.items()}
        found = {name: rows.figures.events for name, rows in counter.windows.items()}

        assert stale == said
        assert {name: 4 if not why else 2 * (name == "w") for name, why in stale.items()} == found


def test_a_window_that_was_gone_for_a_while_is_stale_until_a_recount(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with State(path) as state:
        EventCounter(state, DEFINITIONS, lambda: NOW).count(LOG[:1])
        EventCounter(state, windows(), lambda: NOW).count(LOG[1:])
        back = EventCounter(state, DEFINITIONS, lambda: NOW)

        assert declared.GONE == back.windows["w"].figures.stale
    rebuilding = Rebuilding(path, DEFINITIONS, lambda: NOW, 400, {})
    rebuilding.counter.count(LOG)
    found = counted(rebuilding.counter.state, rebuilding.counter)
    rebuilding.close()

    assert expected(EVENTS) == found


def test_a_message_of_another_version_keeps_what_both_have(tmp_path: Path) -> None:
    whole = batch(EVENTS)
    enum = pa.array(["a"] * 4).dictionary_encode().cast(ENUM)
    other = pa.RecordBatch.from_arrays(
        [whole["id"], whole["happened"], enum, pa.array([1.5] * 4)],
        names=["id", "happened", "who", "gone"],
    )
    wrong = other.rename_columns(["id", "happened", "who", "value"])
    timeless = whole.select(["id", "who"])
    log = [
        shop_events.log_message(number, each, NOW * SECOND, "s", version=7)
        for number, each in enumerate((other, wrong, timeless))
    ]
    with State(tmp_path / "state") as state:
        counter = EventCounter(state, DEFINITIONS, lambda: NOW)
        counter.count(log)

        nulls: list[Event] = [(number, time, who, None) for number, time, who, _ in EVENTS]
        assert expected(nulls) == counted(state, counter)
        assert [(1, -1), (2, -1)] == [(one.offset, one.row) for one in state.aside()]
