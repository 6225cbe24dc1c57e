"""Every declared window has the same rows, counted by DuckDB and by Spark over the same log."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from events.windows.event_counter import EventCounter
from events.windows.state_file import State
from spark.windows import heads, window_engine
from spark.windows.batch import SparkBatch
from spark.windows.places import ByOffset
from tests.support import random_events
from tests.support.counted_windows import DEFINITIONS, Event, batch
from tests.support.event_streams import OF_RECEIPTS, STREAMS
from tests.support.shop_events import log_message
from tillstream.log.reader import LogMessage
from tillstream.streams import columns
from tillstream.streams.definition import Definitions, Stream
from tillstream.streams.definitions_file import load
from tillstream.streams.names import RECEIVED

NOW = 1_800_000_000.0
#: Positions are offsets of the log and this.
BASE = 1_000


def messages(spark: SparkSession, log: Sequence[LogMessage], declared: Definitions) -> DataFrame:
    """As the source gives them."""
    decode = heads.decoder(heads.argument(declared.events))
    rows = [
        decode(one.body, one.content_type, one.content_encoding).append_column(
            "log_offset", pa.array([one.offset], pa.int64())
        )
        for one in log
    ]
    table = pa.Table.from_batches(rows)
    return spark.createDataFrame(table).repartition(2)


def counted(
    folder: Path,
    declared: Definitions,
    log: Sequence[LogMessage],
    spark: SparkSession | None,
    *,
    may_fail: bool = False,
) -> Mapping[str, list[Any]]:
    """Every table of the state."""
    with State(folder / "state.sqlite3") as state, pytest.MonkeyPatch.context() as monkey:
        counter = EventCounter(state, declared, lambda: NOW)
        for some in random_events.in_batches(log, -(-len(log) // 2)):
            if spark is None:
                counter.count([one._replace(offset=one.offset + BASE) for one in some])
                continue
            if not may_fail:
                # Else all of it could be DuckDB's, and equal.
                monkey.setattr(counter, "count", not_here)
            one_batch = SparkBatch(messages(spark, some, declared), lambda *_: False)
            one_batch.placed(ByOffset(BASE))
            one_batch.count(counter, 0, None)
            one_batch.release()
        return tables(state.database)


def not_here(*_: object) -> None:
    raise AssertionError("counted by the driver")


def tables(database: sqlite3.Connection) -> Mapping[str, list[Any]]:
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        name: sorted(database.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)  # noqa: S608 # of a test
        for (name,) in names
    }


@pytest.mark.parametrize("part", range(3))
def test_every_table_of_the_state_is_the_same(
    spark: SparkSession, tmp_path: Path, part: int
) -> None:
    every = load([STREAMS])
    streams = {name: every.events[name] for name in sorted(every.events)[part::3]}
    windows = {name: one for name, one in every.windows.items() if one.stream in streams}
    declared = Definitions(streams=streams, windows=windows)
    log = random_events.log_of(list(declared.events.values()), 7, rounds=2, count=60)

    expected = counted(tmp_path / "duckdb", declared, log, None)
    found = counted(tmp_path / "spark", declared, log, spark)

    assert expected == found
    assert sum(len(rows) for name, rows in found.items() if name.startswith("window.")) > 10


@pytest.mark.parametrize("name", ["sales_by_agent", "sales_by_quarter_hour", "tenders_by_hour"])
def test_the_windows_of_receipts_have_the_same_partial_figures(
    spark: SparkSession, name: str
) -> None:
    declared = load([STREAMS, OF_RECEIPTS])
    window = declared.windows[name]
    stream = declared.streams[window.stream]
    table = receipts(stream)

    rows = spark.createDataFrame(table)
    [found] = window_engine.count(rows, stream, [window])

    assert by_duckdb(stream, table, name, declared) == (
        sorted(found.rows, key=repr),
        [sorted(values, key=repr) for _, values in found.values],
    )


def receipts(stream: Stream) -> pa.Table:
    import random

    some = random_events.events(stream, 500, random.Random(1), random_events.BEGIN_US)
    plain = [
        column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for column in some.columns
    ]
    table = pa.Table.from_arrays(plain, names=columns.schema(stream).names)
    return table.append_column(RECEIVED, pa.array([1] * 500, pa.int64()))


def by_duckdb(
    stream: Stream, table: pa.Table, name: str, declared: Definitions
) -> tuple[list[Any], list[Any]]:
    from events.windows.partials import PartialCounter

    [found] = PartialCounter(stream).count(table, [declared.windows[name]])
    return (
        sorted(found.rows, key=repr),
        [sorted(values, key=repr) for _, values in found.values],
    )


def test_an_event_that_cannot_be_counted_is_set_aside_alone(
    spark: SparkSession, tmp_path: Path
) -> None:
    most = 2**63 - 1
    parts: list[list[Event]] = [
        [(1, 0, "a", most), (2, 1, "b", 5), (1, 0, "a", most)],
        [(3, 2, "a", 1), (4, 3, "b", 7)],
    ]
    log = [
        log_message(place, batch(part), int(NOW) * 1_000_000, "s")
        for place, part in enumerate(parts)
    ]

    expected = counted(tmp_path / "duckdb", DEFINITIONS, log, None)
    found = counted(tmp_path / "spark", DEFINITIONS, log, spark, may_fail=True)

    assert expected == found
    assert 1 == len(found["aside"])
