"""Compares a window's rows, as any engine has them, with those of one query over all events."""

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from tillstream.streams import window_sql
from tillstream.streams.definition import Stream, Window

#: start, microseconds; the keys; the figures by name, `events` among them.
EngineRow = tuple[int, Sequence[Any], dict[str, Any]]
Rows = dict[tuple[int, tuple[Any, ...]], dict[str, Any]]


def counted_at_once(events: pa.Table, window: Window, stream: Stream) -> Rows:
    """The rows of all events; `events` has the stream's columns and `received`, each event once."""
    names = [window_sql.WINDOW_START, *(key.name for key in window.keys)]
    found: Rows = {}
    with duckdb.connect() as connection:
        connection.register(stream.name, events)
        for row in _dicts(connection, window_sql.partial(window, stream)):
            start, *keys = (row.pop(name) for name in names)
            found[start, tuple(keys)] = row | dict.fromkeys(
                (measure.name for measure in window.distinct), 0
            )
        for measure in window.distinct:
            for row in _dicts(connection, window_sql.distinct_values(window, stream, measure)):
                start, *keys = (row[name] for name in names)
                found[start, tuple(keys)][measure.name] += 1
    return found


def differing(
    rows: Iterable[EngineRow], events: pa.Table, window: Window, stream: Stream
) -> list[str]:
    """What is not the same, a line for each row; also a row that an engine has twice."""
    expected = counted_at_once(events, window, stream)
    said: list[str] = []
    seen: Rows = {}
    for start, keys, figures in rows:
        place = start, tuple(keys)
        if place in seen:
            said.append(f"{place}: twice")
        seen[place] = figures
    said += [
        f"{place}: expected {expected.get(place)}, found {seen.get(place)}"
        for place in expected.keys() | seen.keys()
        if expected.get(place) != seen.get(place)
    ]
    return sorted(said)


def _dicts(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found = connection.execute(sql)
    names = [name for name, *_ in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
