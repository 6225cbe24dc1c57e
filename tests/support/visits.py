"""A stream of visits: with an identity, with fields that name a person, and distinct counts."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from tillstream.streams import columns, message
from tillstream.streams.builtin import QUARANTINE, STREAMS
from tillstream.streams.definition import Definitions
from tillstream.streams.message import EventMessage, Packed

SECOND = 1_000_000
#: 2026-11-28 12:00:00 UTC.
NOON = 1_795_867_200 * SECOND

DEFINITION = """
[stream]
name = "visits"
event_time = "time"
lateness = "1 h"
identity = ["number"]
persons = ["who", "session"]
[fields]
time = { type = "timestamp", required = true }
number = { type = "integer", required = true }
kind = { type = "text" }
who = { type = "integer" }
session = { type = "text" }
amount = { type = "integer" }
[[window]]
name = "visitors"
size = "1 h"
[window.keys]
kind = "kind"
[window.measures]
visits = "count(*)"
people = "count(DISTINCT who)"
sessions = "count(DISTINCT CASE WHEN amount > 0 THEN session END)"
total = "sum(amount)"
"""

#: number, kind, who, session, amount.
Visit = tuple[int, str, int | None, str | None, int]


def declared(folder: Path) -> Path:
    """A folder with the definition."""
    folder.mkdir()
    (folder / "visits.toml").write_text(DEFINITION)
    return folder


def packed(definitions: Definitions, visits: Sequence[Visit], second: int) -> Packed:
    """A message of visits, one a second, received then."""
    stream = definitions.streams["visits"]
    rows = [
        (NOON + (second + row) * SECOND, number, kind, who, session, amount)
        for row, (number, kind, who, session, amount) in enumerate(visits)
    ]
    return _packed("visits", columns.schema(stream), rows, second)


def refused(stream: str, row: str, second: int) -> Packed:
    """A row that was refused."""
    fields = columns.schema(STREAMS[QUARANTINE])
    values = (NOON + second * SECOND, stream, "text/csv", 1, None, "type", row, False, None)
    return _packed(QUARANTINE, fields, [values], second)


def _packed(
    stream: str, schema: pa.Schema, rows: Sequence[tuple[object, ...]], second: int
) -> Packed:
    arrays = [
        pa.array(values, field.type)
        for field, values in zip(schema, zip(*rows, strict=True), strict=True)
    ]
    events = pa.RecordBatch.from_arrays(arrays, schema=schema)
    return message.encode(EventMessage(stream, 1, NOON + second * SECOND, events))
