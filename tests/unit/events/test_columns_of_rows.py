"""A column that cannot be computed for one row is none there, and there alone."""

from pathlib import Path

import msgspec

from events.windows.changes import BEGIN as FIRST_CHANGE
from events.windows.changes import Changes
from events.windows.event_counter import EventCounter
from events.windows.state_file import State
from tests.support.counted_windows import NOW, STREAM, WINDOW, log_of
from tests.support.shop_events import BEGIN
from tillstream.streams.definition import Column, Definitions


def test_a_row_that_exceeds_64_bits_leaves_the_others_their_columns(tmp_path: Path) -> None:
    window = msgspec.structs.replace(
        WINDOW, columns=(Column(name="far", sql="total * 4611686018427387904"),)
    )
    definitions = Definitions(streams={"s": STREAM}, windows={"w": window})
    with State(tmp_path / "state") as state:
        counter = EventCounter(state, definitions, lambda: NOW)
        events = [(number, BEGIN, str(number), number) for number in range(5)]
        counter.count(log_of([events]))
        rows, _ = Changes(state.database, counter.windows["w"].table).after(FIRST_CHANGE, 10)

    assert [0, 2**62, None, None, None] == [one.row["far"] for one in rows]
