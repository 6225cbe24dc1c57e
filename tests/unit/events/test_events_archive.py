"""Events become files that the manifest names: each once, whenever the writer was ended."""

from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from events.archive.reading import BrokenFileError
from events.archive.writer import TIDY_SECONDS
from tests.support.event_streams import shop_events
from tests.support.kept_events import NOON_US, SHOP, EventsKept
from tests.support.waiting import wait_until
from tillstream.streams import archived_columns, columns
from tillstream.streams.definition import MOST_DECIMAL, Field, Stream
from tillstream.streams.events_files import EventsFiles


@pytest.fixture
def kept(tmp_path: Path) -> EventsKept:
    return EventsKept(tmp_path)


def test_each_event_is_archived_as_it_was_counted(kept: EventsKept) -> None:
    kept.written(range(25))
    found = kept.read()
    names = columns.schema(SHOP).names
    expected = pa.Table.from_batches([shop_events(100, seed=number) for number in range(25)])

    assert expected.to_pylist() == found.select(names).to_pylist()
    assert [2 * number for number in range(25) for _ in range(100)] == found[
        columns.LOG_OFFSET
    ].to_pylist()
    assert list(range(100)) * 25 == found[columns.LOG_ROW].to_pylist()


def test_a_file_is_of_one_minute_and_named_by_its_offsets(kept: EventsKept) -> None:
    kept.written(range(25))

    assert [
        f"day=2026-11-28/{first:020d}-{last:020d}.parquet"
        for first, last in [(0, 18), (20, 38), (40, 48)]
    ] == kept.files.manifest().names()


def test_a_second_writing_makes_the_same_files(kept: EventsKept) -> None:
    contents = []
    for folder in ("one", "two"):
        another = EventsKept(kept.folder / folder)
        another.written(range(25))
        contents.append([path.read_bytes() for path in another.paths()])

    assert contents[0] == contents[1]


def test_rows_that_are_repetitions_are_left_out(kept: EventsKept) -> None:
    writer = kept.opened()
    events = shop_events(100)
    writer.add("shop", 7, NOON_US, events, np.array([3, 5, 99]))
    kept.written([], writer)

    assert [3, 5, 99] == kept.read()[columns.LOG_ROW].to_pylist()


@pytest.mark.parametrize("ended_at", ["publish", "commit", "sweep"])
def test_an_ended_writer_leaves_each_event_once(
    kept: EventsKept, ended_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = kept.opened()
    kept.written(range(12), first)
    calls = 0
    real = getattr(EventsFiles, ended_at)

    def ends(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise SystemExit
        return real(*arguments)

    def run_and_open_again() -> None:
        kept.written(range(40))
        kept.opened()

    monkeypatch.setattr(EventsFiles, ended_at, ends)
    # A thread that ends so is as good as a process that does: nothing after it runs.
    with pytest.raises(SystemExit):
        run_and_open_again()
    monkeypatch.undo()
    kept.written(range(40))
    offsets = kept.read()[columns.LOG_OFFSET].to_pylist()
    on_disk = {str(path) for path in Path(kept.url).rglob("*.parquet")}
    named = {kept.files.location(name) for name in kept.files.manifest().names()}

    assert [2 * number for number in range(40) for _ in range(100)] == offsets
    assert named == on_disk


def test_what_is_pending_is_told_until_it_is_durable(kept: EventsKept) -> None:
    writer = kept.opened()
    kept.hand_on(range(12, 14), writer)
    before = writer.oldest_pending()
    kept.written([], writer)

    assert (24, None) == (before, writer.oldest_pending())


def test_an_error_that_nobody_expected_of_joining_days_ends_the_worker(
    kept: EventsKept, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = kept.written(range(3))

    def fails(*_: object) -> None:
        raise RuntimeError("unexpected")

    monkeypatch.setattr("events.archive.writer.remove_old", fails)
    kept.clock.now += TIDY_SECONDS
    with pytest.raises(RuntimeError, match="unexpected"):
        wait_until(lambda: writer.write_due(kept.clock.now), 10, "the error")


def test_a_reader_is_given_what_stood_before_an_offset(kept: EventsKept) -> None:
    kept.written(range(25))

    assert set(range(0, 30, 2)) == set(kept.read(30)[columns.LOG_OFFSET].to_pylist())


def test_a_broken_file_is_named(kept: EventsKept) -> None:
    kept.written(range(5))
    path = kept.paths()[0]
    path.write_bytes(path.read_bytes()[:1000])

    with pytest.raises(BrokenFileError, match=path.name):
        kept.read()


def test_a_reader_sees_times_and_amounts(kept: EventsKept) -> None:
    kept.written(range(3))
    store = kept.files
    with duckdb.connect() as connection:
        found = connection.sql(store.view_sql(store.manifest()))
        types = dict(zip(found.columns, map(str, found.types), strict=True))

    assert (
        "TIMESTAMP WITH TIME ZONE",
        "DECIMAL(18,2)",
        "VARCHAR",
    ) == (types["event_time"], types["price"], types["event_type"])
    assert "body" not in types


def test_counted_sql_gives_what_was_counted(kept: EventsKept) -> None:
    kept.written(range(3))
    store = kept.files
    with duckdb.connect() as connection:
        found = connection.sql(store.counted_sql(SHOP, store.manifest().files)).to_arrow_table()
    expected = kept.read()

    assert expected.to_pylist() == found.select(expected.column_names).to_pylist()


@pytest.mark.parametrize("scale", range(10))
def test_counted_sql_has_the_greatest_amounts_of_every_scale(scale: int) -> None:
    field = Field(name="amount", type="decimal", scale=scale)
    units = archived_columns.counted_sql(Stream(name="sums", fields=(field,)), "amount")
    amounts = [Decimal(each).scaleb(-scale) for each in (-MOST_DECIMAL, 1, MOST_DECIMAL)]
    with duckdb.connect() as connection:
        kind = archived_columns.sql_types(Stream(name="sums", fields=(field,)))["amount"]
        connection.execute(f"CREATE TABLE sums (amount {kind})")
        connection.executemany("INSERT INTO sums VALUES (?)", [(each,) for each in amounts])
        found = connection.table("sums").project(units).fetchall()

    assert [(-MOST_DECIMAL,), (1,), (MOST_DECIMAL,)] == found
