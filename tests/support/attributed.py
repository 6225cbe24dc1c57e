"""A small shop whose orders are attributed: its definitions, its log, and the rows of commits."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from events.attribution.attributor import Attributor
from events.attribution.figures import AttributionFigures
from events.attribution.stamping import MadeRows
from events.attribution.tables import Tables
from events.windows.deduplication import NewEvents
from events.windows.schema import CREATE
from tillstream.streams import columns
from tillstream.streams.definition import Definitions, Model
from tillstream.streams.definitions_file import load

MINUTE = 60_000_000
BEGIN = 1_700_000_000_000_000
WINDOW = 10 * MINUTE

_FILES = """
[stream]
name = "visits"
event_time = "time"
[fields]
visit = { type = "text", required = true }
who = { type = "text", required = true }
time = { type = "timestamp", required = true }
ad = { type = "enum", values = ["tv", "web", "none"] }
===
[stream]
name = "orders"
event_time = "paid_at"
identity = ["order_id"]
[fields]
order_id = { type = "text", required = true }
who = { type = "text", required = true }
paid_at = { type = "timestamp", required = true }
item = { type = "integer" }
units = { type = "integer", required = true }
===
[stream]
name = "items"
[fields]
item = { type = "integer", required = true }
price = { type = "decimal", scale = 2 }
===
[stream]
name = "people"
[fields]
person = { type = "text", required = true }
town = { type = "text" }
===
[stream]
name = "sold"
event_time = "paid_at"
[attribution]
conversions = "orders"
touches = "visits"
key = "who"
touch_id = "visit"
window = "10 min"
model = "first_touch"
channel = "ad"
direct = ["none"]
credits = "sold_credits"
[[attribution.table]]
stream = "items"
key = "item"
by = "item"
[[attribution.table]]
stream = "people"
key = "person"
by = "who"
[fields]
order_id = { type = "text", sql = "order_id" }
paid_at = { type = "timestamp", required = true, sql = "paid_at" }
visit = { type = "text", sql = "visits_visit" }
ad = { type = "enum", values = ["tv", "web", "none"], sql = "visits_ad" }
town = { type = "text", sql = "people_town" }
total = { type = "decimal", scale = 2, sql = "items_price * units" }
"""


@cache
def definitions(model: Model = "first_touch") -> Definitions:
    """The declared streams; `model` picks the visit of an order."""
    with TemporaryDirectory() as folder:
        for number, text in enumerate(_FILES.split("===")):
            (Path(folder) / f"{number}.toml").write_text(text.replace("first_touch", model))
        return load([Path(folder)])


class Message(NamedTuple):
    """Events of one stream, each by its fields."""

    stream: str
    events: Sequence[dict[str, Any]]


def new_events(offset: int, message: Message) -> NewEvents:
    """The message as the worker gives it."""
    schema = columns.schema(definitions().streams[message.stream])
    arrays = [
        pa.array([event.get(one.name) for event in message.events], one.type) for one in schema
    ]
    batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
    rows = np.arange(batch.num_rows, dtype=np.int64)
    return NewEvents(offset, message.stream, BEGIN, batch, rows, 0)


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """The tables of an empty state, in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(CREATE)
    yield connection
    connection.close()


class Shop:
    """A log, and the attribution of it. Commits, undoes and restarts as the worker does."""

    def __init__(self, connection: sqlite3.Connection, model: Model = "first_touch") -> None:
        self._connection = connection
        self._definitions = definitions(model)
        self.log: list[NewEvents] = []
        self.watermark_us: int | None = None
        self.figures = AttributionFigures("sold")
        self.needed: int | None = None
        #: The rows of all commits, by stream.
        self.rows: dict[str, list[dict[str, Any]]] = {"sold": [], "sold_credits": []}
        self.restart()

    def restart(self) -> None:
        """Begin with what was committed, and hold again what the log has."""
        self._attributor = Attributor(
            self._definitions.attributions["sold"],
            self._definitions,
            Tables(self._connection),
            self.figures,
        )
        for one in self.log:
            if self.needed is not None and one.offset >= self.needed:
                self._attributor.refill([one])

    def take(
        self, messages: Sequence[Message], watermark_us: int | None, *, undone: bool = False
    ) -> list[MadeRows]:
        """A transaction; `undone` once before it is committed."""
        begin = len(self.log)
        events = [new_events(begin + place, each) for place, each in enumerate(messages)]
        position = begin + len(events)
        if undone:
            self._connection.execute("BEGIN")
            self._attributor.take(events, watermark_us, position)
            self._connection.execute("ROLLBACK")
            self._attributor.undone()
        self._connection.execute("BEGIN")
        made = self._attributor.take(events, watermark_us, position)
        self.figures, self.needed = self._attributor.figures, self._attributor.oldest_needed()
        self._connection.execute("COMMIT")
        self._attributor.committed()
        self.log += events
        for one in made:
            self.rows[one.stream] += one.events.to_pylist()
        return made

    def now(self, stream: str) -> Counter[tuple[tuple[str, Any], ...]]:
        """The rows that stand, as sums of their signs."""
        found: Counter[tuple[tuple[str, Any], ...]] = Counter()
        for row in self.rows[stream]:
            found[values(row)] += row["sign"]
        return Counter({row: count for row, count in found.items() if count})

    def newest(self) -> dict[str, dict[str, Any]]:
        """Of each order its newest row."""
        found: dict[str, dict[str, Any]] = {}
        for row in self.rows["sold"]:
            before = found.get(row["order_id"])
            if row["sign"] != -1 and (before is None or row["row_version"] > before["row_version"]):
                found[row["order_id"]] = row
        return found


def values(row: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """A row without what says of which change it is."""
    changing = ("sign", "row_version", "is_final", "is_late")
    return tuple(sorted((name, value) for name, value in row.items() if name not in changing))


def figures(shop: Shop) -> dict[str, int | None]:
    """The figures without name and version."""
    found = msgspec.structs.asdict(shop.figures)
    return {name: each for name, each in found.items() if name not in ("name", "row_version")}
