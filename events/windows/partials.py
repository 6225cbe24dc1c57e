"""Partial figures of events by DuckDB: one query a window and one a measure of distinct values."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from events.windows import engine
from tillstream.errors import TillstreamError
from tillstream.streams import columns, window_sql
from tillstream.streams.changes import SIGN
from tillstream.streams.definition import Key, Measure, Stream, Window
from tillstream.streams.names import LOG_OFFSET, LOG_ROW, RECEIVED

_encoder = msgspec.json.Encoder()

#: The types of DuckDB that a start, a key, a measure or a distinct value may have.
_ALLOWED = frozenset(
    {"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "VARCHAR", "BOOLEAN", "HUGEINT", "UBIGINT"}
)


class WindowSqlError(TillstreamError):
    """The SQL of a window that cannot be run, whatever the events are."""


class Partials(NamedTuple):
    """What some events add to one window."""

    window: Window
    #: start, keys as JSON, the merged measures, events.
    rows: list[tuple[Any, ...]]
    #: By measure, start, keys as JSON, value.
    values: list[tuple[Measure, list[tuple[Any, ...]]]]


def partials_by(
    run: Callable[[str], list[tuple[Any, ...]]], window: Window, stream: Stream
) -> Partials:
    """What an engine counts of a table of the stream's name; `run` gives the rows of a query."""
    keys = len(window.keys)
    # A time that is null is in no row.
    rows = [
        (row[0], _keys(row[1 : 1 + keys]), *row[1 + keys :])
        for row in run(window_sql.partial(window, stream))
        if row[0] is not None
    ]
    values = [
        (
            measure,
            [
                (row[0], _keys(row[1 : 1 + keys]), row[1 + keys])
                for row in run(window_sql.distinct_values(window, stream, measure))
                if row[0] is not None
            ],
        )
        for measure in window.distinct
    ]
    return Partials(window, rows, values)


class PartialCounter:
    """Counts tables of events of one stream for its windows."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._database = engine.connect()

    def check(self, window: Window) -> None:
        """Raise WindowSqlError where the window's SQL cannot be run over the stream's columns."""
        schema = columns.schema(self.stream).append(pa.field(RECEIVED, pa.int64()))
        self._database.register(self.stream.name, schema.empty_table())
        texts = [
            window_sql.partial(window, self.stream),
            *(window_sql.distinct_values(window, self.stream, each) for each in window.distinct),
        ]
        try:
            for text in texts:
                found = self._database.execute(text).description or []
                for name, kind, *_ in found:
                    if str(kind) not in _ALLOWED:
                        raise WindowSqlError(f"{window.name}: {name} is of the type {kind}")
        except duckdb.Error as error:
            raise WindowSqlError(f"{window.name}: {error}") from error
        finally:
            self._database.unregister(self.stream.name)

    def count(self, events: pa.Table, windows: Sequence[Window]) -> list[Partials]:
        """The partial figures of a table with the stream's columns and `received`.

        Raises duckdb.Error where an event's figure cannot be computed or exceeds 64 bits.
        """
        if self.stream.has_changes:
            # What only becomes final changes no figure, and is a third of all rows.
            events = events.filter(pc.not_equal(events[SIGN], 0))
        if not events.num_rows:
            return [Partials(window, [], []) for window in windows]
        self._database.register(self.stream.name, events)
        try:
            return [partials_by(self._rows, window, self.stream) for window in windows]
        finally:
            self._database.unregister(self.stream.name)

    def of_each_event(self, events: pa.Table, window: Window) -> list[tuple[Any, ...]]:
        """start, keys as JSON, LOG_OFFSET, LOG_ROW, the merged measures and 1, for each event.

        The table has the columns of places. Raises duckdb.Error as `count`.
        """
        places = [Key(name=name, sql=name, read_as="integer") for name in (LOG_OFFSET, LOG_ROW)]
        each = msgspec.structs.replace(window, keys=(*window.keys, *places))
        keys = len(window.keys)
        self._database.register(self.stream.name, events)
        try:
            return [
                (row[0], _keys(row[1 : 1 + keys]), *row[1 + keys :])
                for row in self._rows(window_sql.partial(each, self.stream))
                if row[0] is not None
            ]
        finally:
            self._database.unregister(self.stream.name)

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._database.execute(sql).fetchall()


def _keys(values: tuple[Any, ...]) -> str:
    return _encoder.encode(values).decode() if values else "[]"
