"""An identity that is archived again is told: a body's, a CloudEvent's and the stream's fields."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from events.verify.recount import StreamRecount
from events.verify.repetitions import Repetitions, repetitions
from tests.support.counted_windows import DEFINITIONS, STREAM, batch
from tests.support.kept_events import NOON_US, EventsKept
from tests.support.shop_events import BEGIN, SECOND
from tillstream.file_store import FileStore
from tillstream.query_engine import engine
from tillstream.streams.events_files import EventsFiles
from tillstream.streams.names import BODY, CLOUDEVENT

DAY_US = 86_400 * SECOND
#: Day that it came on; of each event its number, its body and its CloudEvent.
Message = tuple[int, list[tuple[int, bytes | None, str | None]]]


def found(folder: Path, messages: list[Message]) -> list[Repetitions]:
    kept = EventsKept(folder, DEFINITIONS)
    writer = kept.opened()
    for offset, (day, rows) in enumerate(messages):
        events = batch([(number, BEGIN + number * SECOND, None, 1) for number, _, _ in rows])
        arrays = [
            *events.columns,
            pa.array([body for _, body, _ in rows], pa.binary(16)),
            pa.array([name for _, _, name in rows], pa.string()),
        ]
        whole = pa.RecordBatch.from_arrays(arrays, [*events.schema.names, BODY, CLOUDEVENT])
        received = NOON_US + day * DAY_US
        kept.clock.now = received / 1e6
        writer.add("s", offset, received, whole, np.arange(len(rows)))
    kept.written([], writer)
    with engine(FileStore(kept.url)) as connection:
        files = EventsFiles(kept.url, "s")
        recount = StreamRecount(connection, STREAM)
        recount.open(files, files.manifest().files, 1_000, ())
        return list(repetitions(connection, STREAM, recount.everything, 400))


BODY_A, BODY_B = bytes([1] * 16), bytes([2] * 16)
FIRST: list[Message] = [
    (0, [(0, BODY_A, None), (1, BODY_A, None), (2, BODY_B, None)]),
    (0, [(3, None, "x\n1"), (4, None, "x\n2")]),
]


def test_what_came_again_is_told_by_day(tmp_path: Path) -> None:
    again: list[Message] = [
        (1, [(0, None, None), (5, BODY_A, None), (6, BODY_A, None), (7, None, "x\n1")]),
        (2, [(3, None, None)]),
    ]

    assert [
        (BODY, "2026-11-29", 2, (2, 1), (0, 0)),
        (CLOUDEVENT, "2026-11-29", 1, (2, 3), (1, 0)),
        ("id", "2026-11-29", 1, (2, 0), (0, 0)),
        ("id", "2026-11-30", 1, (3, 0), (1, 0)),
    ] == found(tmp_path, [*FIRST, *again])


def test_what_came_once_and_what_came_after_its_identity_was_kept_is_none(tmp_path: Path) -> None:
    later: Message = (401, [(0, BODY_A, None), (8, None, "x\n1")])

    assert [] == found(tmp_path, [*FIRST, later])
