"""The files of the analytic archive as one relation of DuckDB."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cache, reduce
from pathlib import Path

import duckdb
import pyarrow as pa

from persistence.parquet.columns import SCHEMA
from persistence.parquet.storage import Storage
from tillstream.currencies import CURRENCY
from tillstream.parquet_manifest import ArchivedDay, ByCurrency, Totals, added, minor_unit
from tillstream.query_engine import quoted

#: Rows of a group: what a reader skips or reads as a whole.
ROW_GROUP = 100_000

#: What a file of before currencies has in place of one.
_NO_CURRENCY = {"currency": quoted(CURRENCY)}
_FIRST_OFFSET = "utcOffsetMinutes::INTEGER * 60"
#: A key of the first layout as the second had it: a UUID's with its store, as the contract has it.
_FIRST_KEY = r"""
    CASE WHEN regexp_full_match(key, 'uuid/[0-9a-f]*') THEN
        CASE WHEN regexp_full_match(store, '[\p{L}\p{N}]+') THEN store
        ELSE replace(url_encode(store), '%20', ' ') END || '/' || key
    ELSE key END
"""


def _todays_key(key: str, offset: str) -> str:
    """A key of the second layout as it is today: the date first, of a UUID the till's own day."""
    day = f"make_timestamp(epoch_us(date) + ({offset})::BIGINT * 1000000)::DATE::VARCHAR"
    return rf"""
        CASE WHEN regexp_full_match({key}, '[^/]*/uuid/[0-9a-f]*') THEN {day} || '/' || {key}
        ELSE regexp_replace({key}, '^([^/]*/[^/]*/[^/]*)/([^/]*)$', '\2/\1') END
    """


#: Columns of today by those of earlier layouts.
_EARLIER: dict[int, dict[str, str]] = {
    1: {
        "utcOffsetSeconds": _FIRST_OFFSET,
        "key": _todays_key(f"({_FIRST_KEY})", _FIRST_OFFSET),
        **_NO_CURRENCY,
    },
    2: {"key": _todays_key("key", "utcOffsetSeconds"), **_NO_CURRENCY},
    3: _NO_CURRENCY,
}

#: A receipt with this order is near those of its store, and of its time.
ORDER = "store, date, key"


@contextmanager
def streamed(
    connection: duckdb.DuckDBPyConnection, name: str, batches: Iterable[pa.RecordBatch]
) -> Iterator[None]:
    """Batches of SCHEMA as the relation `name`, to be read once.

    An error of theirs is raised as it was, not as DuckDB words it.
    """
    failures: list[BaseException] = []

    def watched() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except BaseException as error:
            failures.append(error)
            raise

    connection.register(name, pa.RecordBatchReader.from_batches(SCHEMA, watched()))
    try:
        yield
    except duckdb.Error as error:
        if failures:
            raise failures[0] from error
        raise
    finally:
        connection.unregister(name)


def files_sql(storage: Storage, days: Iterable[ArchivedDay], schema: pa.Schema = SCHEMA) -> str:
    """The rows of archived days as SQL of a relation with `schema`; of none, an empty one.

    Files of earlier layouts are read as if they had been written today.
    """
    types = types_of(schema)
    parts = [f"SELECT {', '.join(f'NULL::{types[name]} AS {name}' for name in types)} WHERE false"]
    by_layout: dict[int, list[str]] = {}
    for day in days:
        by_layout.setdefault(day.layout, []).append(quoted(storage.location(day.file)))
    for layout, locations in by_layout.items():
        of_today = _EARLIER.get(layout, {}).get
        columns = ", ".join(f"({of_today(name, name)})::{types[name]} AS {name}" for name in types)
        parts.append(
            f"SELECT {columns} FROM read_parquet([{', '.join(locations)}],"  # noqa: S608 - ours
            " hive_partitioning = true, hive_types = {'businessDay': 'DATE'})"
        )
    return f"({' UNION ALL '.join(parts)})"


def matching(storage: Storage, days: Iterable[ArchivedDay], keys: tuple[str, str] | None) -> str:
    """The rows of archived days whose keys are between two, as SQL; without two, none.

    Keys begin with their day, so of a file without any no row is read.
    """
    if keys is None:
        return files_sql(storage, [])
    first, last = map(quoted, keys)
    return f"(FROM {files_sql(storage, days)} WHERE key BETWEEN {first} AND {last})"


def key_range(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[str, str] | None:
    """The first and the last key of a relation, in the order of their bytes; None where empty."""
    found = connection.execute(f"SELECT min(key), max(key) FROM {relation}").fetchone()  # noqa: S608 - ours
    return None if found is None or found[0] is None else (found[0], found[1])


def by_store(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, ByCurrency]:
    """Receipts and sums of a relation, by store and currency."""
    found = connection.execute(
        f"SELECT store, currency, count(*), sum(net), sum(tax), sum(gross) FROM {relation}"  # noqa: S608 - ours
        " GROUP BY ALL"
    ).fetchall()
    sums: dict[str, ByCurrency] = {}
    for store, currency, receipts, *amounts in found:
        net, tax, gross = (_as_written(each, currency) for each in amounts)
        sums.setdefault(store, {})[currency] = Totals(
            receipts=receipts, net=net, tax=tax, gross=gross
        )
    return sums


def total(by_store: dict[str, ByCurrency]) -> ByCurrency:
    """Of all stores."""
    return reduce(added, by_store.values(), {})


def _as_written(amount: Decimal, currency: str) -> Decimal:
    """With the decimals of its currency, unless that would change it."""
    rounded = amount.quantize(minor_unit(currency))
    return rounded if rounded == amount else amount


def write(connection: duckdb.DuckDBPyConnection, relation: str, path: Path) -> None:
    """The rows of a relation as one Parquet file, in ORDER.

    The business day is in the name of the folder, as Hive has it.
    """
    connection.execute(
        f"COPY (SELECT * EXCLUDE (businessDay) FROM {relation} ORDER BY {ORDER})"  # noqa: S608
        f" TO {quoted(str(path))}"
        f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    )


@cache
def types_of(schema: pa.Schema) -> dict[str, str]:
    """What DuckDB calls the types of columns."""
    # Arrow and DuckDB call their types by different names: take them from an empty table.
    empty = duckdb.arrow(schema.empty_table())
    return {name: str(kind) for name, kind in zip(empty.columns, empty.types, strict=True)}
