"""Rows of a window in the order of their changes, as they are read."""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

import duckdb
import msgspec
import pyarrow as pa
import structlog

from events.windows import engine
from events.windows.window_table import FIXED, WindowTable
from tillstream.streams import window_rows

log = structlog.get_logger()

#: Columns of a row, in the order of `changed`.
_START, _KEYS, _EVENTS, _LATE, _REVISION, _FINAL, _CHANGE = range(len(FIXED))
_TABLE = "window_rows"
_TYPES = {
    "integer": pa.int64(),
    "timestamp": pa.int64(),
    "decimal": pa.int64(),
    "text": pa.string(),
    "boolean": pa.bool_(),
}
_keys_decoder = msgspec.json.Decoder(list[Any])


class Place(NamedTuple):
    """A place in the order of a window's changes: that of a row."""

    change: int
    start_us: int = 2**63 - 1
    keys: str = "\U0010ffff"


#: Before the first change.
BEGIN = Place(0)


class ChangedRow(NamedTuple):
    """A row as it is read, and what it is known by."""

    row_id: str
    change: int
    row: dict[str, Any]


class Changes:
    """Reads what changed in one window; for one thread, on its own connections."""

    def __init__(self, database: sqlite3.Connection, table: WindowTable) -> None:
        self._database = database
        self._window = table.window
        self._changed = table.changed()
        self._measures = table.measures
        self._engine: duckdb.DuckDBPyConnection | None = None

    def after(self, place: Place, limit: int) -> tuple[list[ChangedRow], Place]:
        """The next rows, at most `limit`, as of now; and the place of the last of them."""
        found = self._database.execute(self._changed, (*place, limit)).fetchall()
        if not found:
            return [], place
        last = found[-1]
        return self.readable(found), Place(last[_CHANGE], last[_START], last[_KEYS])

    def readable(self, found: Sequence[Sequence[Any]]) -> list[ChangedRow]:
        """Rows of the window's table as they are read, in their order."""
        keys = [_keys_decoder.decode(row[_KEYS]) for row in found]
        measures = [self._figures(row[len(FIXED) :]) for row in found]
        columns = self._columns(found, keys, measures)
        return [
            ChangedRow(
                window_rows.row_id(row[_START], key),
                row[_CHANGE],
                window_rows.readable(
                    self._window,
                    row[_START],
                    key,
                    {**figures, **more},
                    revision=row[_REVISION],
                    late=row[_LATE],
                    final=bool(row[_FINAL]),
                ),
            )
            for row, key, figures, more in zip(found, keys, measures, columns, strict=True)
        ]

    def _figures(self, values: Sequence[Any]) -> dict[str, Any]:
        figures = dict(zip(self._measures, values, strict=True))
        for measure in self._window.measures:
            if measure.read_as == "boolean" and figures[measure.name] is not None:
                # SQLite has no booleans.
                figures[measure.name] = bool(figures[measure.name])
        return figures

    def _columns(
        self,
        found: Sequence[Sequence[Any]],
        keys: Sequence[Sequence[Any]],
        measures: Sequence[dict[str, Any]],
    ) -> Sequence[dict[str, Any]]:
        """The columns that are made of keys and measures, for each row."""
        window = self._window
        if not window.columns:
            return [{}] * len(found)
        values: dict[str, pa.Array] = {
            "start": pa.array([row[_START] for row in found], pa.int64()),
            "end": pa.array([row[_START] + window.size_us for row in found], pa.int64()),
            "events": pa.array([row[_EVENTS] for row in found], pa.int64()),
        }
        for number, each in enumerate(window.keys):
            values[each.name] = pa.array([key[number] for key in keys], _TYPES[each.read_as])
        for measure in window.measures:
            kind = _TYPES[measure.read_as]
            values[measure.name] = pa.array([row[measure.name] for row in measures], kind)
        if self._engine is None:
            self._engine = engine.connect()
        self._engine.register(_TABLE, pa.table(values))
        try:
            texts = ", ".join(f'({column.sql}) AS "{column.name}"' for column in window.columns)
            rows = self._engine.execute(f"SELECT {texts} FROM {_TABLE}").fetchall()  # noqa: S608 - declared SQL
        except duckdb.Error as error:
            if len(found) == 1:
                # What cannot be read does not keep the rest from being told.
                log.error("columns cannot be computed", window=window.name, error=str(error))
                return [{column.name: None for column in window.columns}]
            rows = None
        finally:
            self._engine.unregister(_TABLE)
        if rows is None:
            # A row is without columns by itself alone, whichever it is read with.
            halves = slice(None, len(found) // 2), slice(len(found) // 2, None)
            return [
                each
                for half in halves
                for each in self._columns(found[half], keys[half], measures[half])
            ]
        return [
            {
                column.name: window_rows.plain_figure(value)
                for column, value in zip(window.columns, row, strict=True)
            }
            for row in rows
        ]


def newest(database: sqlite3.Connection) -> Place:
    """The place of the last commit that changed rows."""
    found = database.execute("SELECT change FROM progress").fetchone()
    return Place(found[0]) if found else BEGIN
