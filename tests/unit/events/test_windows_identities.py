"""Each event counts once by its body, its CloudEvent and its fields, whatever is read again."""

from pathlib import Path

import pyarrow as pa
import pytest

from events.windows.event_counter import EventCounter
from events.windows.state_file import State
from tests.support import shop_events
from tests.support.counted_windows import DEFINITIONS, NOW, Event, batch, counted, expected
from tests.support.shop_events import BEGIN, SECOND
from tillstream.log.reader import LogMessage
from tillstream.streams.names import BODY, CLOUDEVENT

#: A message: its events, and for each its body and its CloudEvent.
Part = tuple[list[Event], list[bytes | None], list[str | None]]


def event(number: int) -> Event:
    return number, BEGIN + number * SECOND, "a", number


def log_of(parts: list[Part]) -> list[LogMessage]:
    found = []
    for number, (events, bodies, names) in enumerate(parts):
        plain = batch(events)
        arrays = [*plain.columns, pa.array(bodies, pa.binary(16)), pa.array(names, pa.string())]
        whole = pa.RecordBatch.from_arrays(arrays, names=[*plain.schema.names, BODY, CLOUDEVENT])
        found.append(shop_events.log_message(number, whole, NOW * SECOND, "s"))
    return found


def body(number: int) -> bytes:
    return number.to_bytes(16)


#: A body sent twice, which makes two messages each time; beside events of no body.
BODIES: list[Part] = [
    ([event(0), event(1)], [body(1)] * 2, [None] * 2),
    ([event(2), event(3)], [body(2)] * 2, [None] * 2),
    ([event(4), event(10), event(11)], [None, body(1), body(1)], [None] * 3),
    ([event(12), event(13)], [body(2)] * 2, [None] * 2),
]
CLOUDEVENTS: list[Part] = [
    ([event(0), event(1), event(2)], [None] * 3, ["x\n1", None, "x\n2"]),
    ([event(10), event(3), event(4)], [None] * 3, ["x\n1", "y\n1", None]),
    ([event(11), event(12)], [None] * 2, ["y\n1", "x\n2"]),
]
FIELDS: list[Part] = [
    ([event(0), event(0), event(1)], [None] * 3, [None] * 3),
    ([event(1), event(2), event(3), event(4)], [None] * 4, [None] * 4),
]


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("parts", [BODIES, CLOUDEVENTS, FIELDS], ids=["body", "cloud", "fields"])
def test_what_came_before_counts_once_for_windows_and_archive(
    parts: list[Part], restarts: bool, tmp_path: Path
) -> None:
    log = log_of(parts)
    archived: list[tuple[int, int]] = []
    groups = [[one] for one in log] if restarts else [log]
    for group in groups:
        with State(tmp_path / "state") as state:
            counter = EventCounter(state, DEFINITIONS, lambda: NOW, all_columns=True)
            for one in counter.count(group):
                archived += [(one.offset, row) for row in one.rows.tolist()]
    with State(tmp_path / "state") as state:
        counter = EventCounter(state, DEFINITIONS, lambda: NOW, all_columns=True)
        # The archive needs the log again from its beginning.
        again = [(one.offset, row) for one in counter.count(log) for row in one.rows.tolist()]

        assert expected([event(number) for number in range(5)]) == counted(state, counter)
        sent = sum(len(events) for events, _, _ in parts)
        assert (5, sent - 5) == (counter.streams["s"].events, counter.streams["s"].duplicates)
    assert (5, archived) == (len(archived), again)
