"""Windows in MongoDB as the events worker leaves them, for the tests of those who read them."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo import MongoClient, ReplaceOne

from tillstream.streams import definitions_file, window_documents
from tillstream.streams.definition import Window
from tillstream.streams.window_rows import microseconds, readable, row_id

#: A window with two keys, a decimal, a minimum of times and a column, under columns with levels.
DEFINITION = """
[stream]
name = "orders"
title = "Orders"
event_time = "sold_at"
lateness = "1 min"

[fields]
sold_at = { type = "timestamp", zone = "UTC", required = true }
store = { type = "text" }
product = { type = "text" }
quantity = { type = "integer" }
price = { type = "decimal", scale = 2 }

[[window]]
name = "order_hours"
title = "Orders by the hour"
size = "1 h"
start_column = "window.start"
end_column = "window.end"
chart = ["orders"]

[window.keys]
product = "product"
pieces = { sql = "quantity", read_as = "integer" }

[window.measures]
orders = "count(*)"
value = { sql = "sum(price)", read_as = "decimal", scale = 2, unit = "EUR" }
first_at = { sql = "min(sold_at)", read_as = "timestamp" }
gone = { sql = "sum(quantity)", hidden = true }

[window.columns]
mean = { sql = "value / nullif(orders, 0)", unit = "EUR" }
"""
START = datetime(2026, 11, 21, 8, tzinfo=UTC)


def declared(folder: Path) -> Window:
    """The window, as a folder of definitions has it."""
    (folder / "orders.toml").write_text(DEFINITION)
    return definitions_file.load([folder]).windows["order_hours"]


class WindowArchive:
    """The collection of a window, with its indexes, and what writes to it."""

    def __init__(self, client: MongoClient[dict[str, Any]], database: str, window: Window) -> None:
        self.window = window
        named = window_documents.database_name(window, database)
        self.collection = client[named][window_documents.collection_name(window)]
        self.collection.create_indexes(window_documents.indexes(window))
        self._change = time.time_ns() // 1000

    def write(self, rows: Iterable[tuple[datetime, Sequence[Any], Mapping[str, Any]]]) -> int:
        """A commit of rows: start, keys and figures, with `revision`, `late` and `final`."""
        self._change += 1
        replaced = []
        for start, keys, given in rows:
            figures = {each.name: None for each in (*self.window.columns,)} | dict(given)
            row = readable(
                self.window,
                microseconds(start),
                keys,
                figures,
                revision=given.get("revision", 1),
                late=given.get("late", 0),
                final=given.get("final", False),
            )
            key = row_id(microseconds(start), keys)
            document = window_documents.document(row, key, self._change)
            replaced.append(ReplaceOne({"_id": key}, document, upsert=True))
        self.collection.bulk_write(replaced)
        return self._change


def figures(orders: int, cents: int = 0, **more: Any) -> dict[str, Any]:
    """Of a row of `order_hours`; the last event a minute after the start."""
    return {
        "orders": orders,
        "value": cents,
        "first_at": microseconds(START) + 60_000_000,
        "mean": cents / 100 / orders,
        **more,
    }
