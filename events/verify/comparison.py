"""Compares rows of a window from two places, of which neither has to fit into memory."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import duckdb
import pyarrow as pa

from events.verify.recount import Row

BATCH = 50_000
_SCHEMA = pa.schema([("start", pa.int64()), ("keys", pa.string()), ("figures", pa.string())])


class Differing(NamedTuple):
    """A row that is not the same; None where one place has none."""

    start: int
    keys: str
    expected: str | None
    found: str | None


class Compared(NamedTuple):
    """How many rows there are in both places together, how many differ, and some of these."""

    rows: int
    differing: int
    some: list[Differing]


def compare(
    connection: duckdb.DuckDBPyConnection,
    expected: Iterable[Row],
    found: Iterable[Row],
    named: int,
) -> Compared:
    """Rows are the same when all their figures are."""
    _load(connection, "expected", expected)
    _load(connection, "found", found)
    connection.execute(
        "CREATE OR REPLACE VIEW both_places AS SELECT coalesce(e.start, f.start) AS start,"
        " coalesce(e.keys, f.keys) AS keys, e.figures AS expected, f.figures AS found"
        " FROM expected e FULL OUTER JOIN found f ON e.start = f.start AND e.keys = f.keys"
    )
    different = "expected IS DISTINCT FROM found"
    [(rows, differing)] = connection.execute(
        f"SELECT count(*), count(*) FILTER ({different}) FROM both_places"  # noqa: S608 - ours
    ).fetchall()
    some = connection.execute(
        f"FROM both_places WHERE {different} ORDER BY start, keys LIMIT {named}"
    ).fetchall()
    return Compared(rows, differing, [Differing(*each) for each in some])


def _load(connection: duckdb.DuckDBPyConnection, name: str, rows: Iterable[Row]) -> None:
    connection.execute(
        f"CREATE OR REPLACE TABLE {name} (start BIGINT, keys VARCHAR, figures VARCHAR)"
    )
    for batch in _batches(rows):
        connection.register("loaded", pa.Table.from_batches([batch]))
        connection.execute(f"INSERT INTO {name} FROM loaded")
        connection.unregister("loaded")


def _batches(rows: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    rest = iter(rows)
    while part := list(islice(rest, BATCH)):
        columns = [list(column) for column in zip(*part, strict=True)]
        yield pa.RecordBatch.from_arrays(
            [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)],
            schema=_SCHEMA,
        )
