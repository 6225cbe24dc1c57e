"""A stream with one window, counted without a log, and the rule that its rows are compared with:
one query of DuckDB over all events at once.
"""

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from events.windows.changes import BEGIN, Changes
from events.windows.event_counter import EventCounter
from events.windows.state_file import State
from tests.support import shop_events
from tests.support.shop_events import SECOND
from tillstream.log.reader import LogMessage
from tillstream.streams import window_sql
from tillstream.streams.definition import Definitions, Field, Key, Measure, Stream, Window

MINUTE = 60 * SECOND
NOW = 1_800_000_000
STREAM = Stream(
    name="s",
    event_time="happened",
    identity=("id",),
    fields=(
        Field(name="id", type="integer", required=True),
        Field(name="happened", type="timestamp", required=True),
        Field(name="who", type="text"),
        Field(name="value", type="integer"),
    ),
    lateness_us=SECOND,
)
WINDOW = Window(
    name="w",
    stream="s",
    size_us=MINUTE,
    keys=(Key(name="who", sql="who"),),
    measures=(
        Measure(name="number", kind="count", argument="*"),
        Measure(name="total", kind="sum", argument="value"),
        Measure(name="least", kind="min", argument="value"),
        Measure(name="most", kind="max", argument="value"),
        Measure(name="first_who", kind="min", argument="who", read_as="text"),
        Measure(name="different", kind="distinct", argument="value"),
    ),
)
DEFINITIONS = Definitions(streams={"s": STREAM}, windows={"w": WINDOW})

Event = tuple[int, int, str | None, int | None]
Rows = set[tuple[Any, ...]]


def batch(events: Sequence[Event]) -> pa.RecordBatch:
    """Events as columns."""
    columns = [[event[number] for event in events] for number in range(4)]
    types = (pa.int64(), pa.int64(), pa.string(), pa.int64())
    arrays = [pa.array(c, t) for c, t in zip(columns, types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=[field.name for field in STREAM.fields])


def log_of(parts: Sequence[Sequence[Event]]) -> list[LogMessage]:
    """A message a part; offsets have holes."""
    return [
        shop_events.log_message(3 * number, batch(part), NOW * SECOND, "s")
        for number, part in enumerate(parts)
    ]


def expected(events: Sequence[Event]) -> Rows:
    """By one query."""
    with duckdb.connect() as database:
        database.register("s", batch(events))
        partial = window_sql.partial(WINDOW, STREAM)
        values = window_sql.distinct_values(WINDOW, STREAM, WINDOW.distinct[0])
        return set(
            database.execute(
                "SELECT p.window_start, p.who, number, total, least, most, first_who,"  # noqa: S608 - of a test
                " (SELECT count(*) FROM "
                f"({values}) v WHERE v.window_start = p.window_start"
                f" AND v.who IS NOT DISTINCT FROM p.who) FROM ({partial}) p"
            ).fetchall()
        )


def counted(state: State, counter: EventCounter) -> Rows:
    """What the state has."""
    rows, _ = Changes(state.database, counter.windows["w"].table).after(BEGIN, 1_000)
    names = ("who", "number", "total", "least", "most", "first_who", "different")
    return {
        (int(one.row["start"].timestamp()) * SECOND, *(one.row[name] for name in names))
        for one in rows
    }
