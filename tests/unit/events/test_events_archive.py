"""Events become files that the manifest names: each once, whenever the writer was ended."""

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from events.archive.reading import BrokenFileError, EventsArchiveReader
from events.archive.writer import ArchiveWriter
from tests.support.event_streams import all_rows, definitions, shop_events
from tillstream.streams import columns
from tillstream.streams.events_files import EventsFiles

#: 2026-11-28 12:00:00 UTC.
NOON_US = 1_795_867_200_000_000
MINUTE_US = 60_000_000
SHOP = definitions().streams["shop"]


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = NOON_US / 1e6

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(folder: Path, clock: Clock) -> ArchiveWriter:
    return ArchiveWriter(str(folder / "parquet"), folder, definitions(), clock)


def files(folder: Path) -> EventsFiles:
    return EventsFiles(str(folder / "parquet"), "shop")


def hand_on(writer: ArchiveWriter, clock: Clock, messages: range, end: bool = True) -> None:
    """Messages of 100 events, ten a minute."""
    for number in messages:
        received = NOON_US + number * MINUTE_US // 10
        clock.now = received / 1e6
        events = shop_events(100, seed=number)
        writer.add("shop", 2 * number, received, events, all_rows(events))
        writer.write_due(clock.now)
    if end:
        clock.now += 120
        writer.write_due(clock.now)
        while writer.oldest_pending() is not None:
            pass


def read(folder: Path, before: int = 10**9) -> pa.Table:
    found = EventsArchiveReader(str(folder / "parquet"), definitions()).events("shop", before)
    return pa.Table.from_batches([each.events for each in found])


def test_each_event_is_archived_as_it_was_counted(tmp_path: Path, clock: Clock) -> None:
    hand_on(opened(tmp_path, clock), clock, range(25))
    found = read(tmp_path)
    names = columns.schema(SHOP).names
    expected = pa.Table.from_batches([shop_events(100, seed=number) for number in range(25)])

    assert expected.to_pylist() == found.select(names).to_pylist()
    assert [2 * number for number in range(25) for _ in range(100)] == found[
        columns.LOG_OFFSET
    ].to_pylist()
    assert list(range(100)) * 25 == found[columns.LOG_ROW].to_pylist()


def test_a_file_is_of_one_minute_and_named_by_its_offsets(tmp_path: Path, clock: Clock) -> None:
    hand_on(opened(tmp_path, clock), clock, range(25))

    assert [
        f"day=2026-11-28/{first:020d}-{last:020d}.parquet"
        for first, last in [(0, 18), (20, 38), (40, 48)]
    ] == files(tmp_path).manifest().names()


def test_a_second_writing_makes_the_same_files(tmp_path: Path, clock: Clock) -> None:
    contents = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        hand_on(opened(folder, clock), clock, range(25))
        store = files(folder)
        contents.append(
            [Path(store.location(name)).read_bytes() for name in store.manifest().names()]
        )

    assert contents[0] == contents[1]


def test_rows_that_are_repetitions_are_left_out(tmp_path: Path, clock: Clock) -> None:
    writer = opened(tmp_path, clock)
    events = shop_events(100)
    writer.add("shop", 7, NOON_US, events, np.array([3, 5, 99]))
    hand_on(writer, clock, range(0))

    assert [3, 5, 99] == read(tmp_path)[columns.LOG_ROW].to_pylist()


@pytest.mark.parametrize("ended_at", ["publish", "commit", "sweep"])
def test_an_ended_writer_leaves_each_event_once(
    tmp_path: Path, clock: Clock, ended_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(tmp_path, clock)
    hand_on(first, clock, range(12))
    calls = 0
    real = getattr(EventsFiles, ended_at)

    def ends(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise SystemExit
        return real(*arguments)

    def run_and_open_again() -> None:
        hand_on(opened(tmp_path, clock), clock, range(40))
        opened(tmp_path, clock)

    monkeypatch.setattr(EventsFiles, ended_at, ends)
    # A thread that ends so is as good as a process that does: nothing after it runs.
    with pytest.raises(SystemExit):
        run_and_open_again()
    monkeypatch.undo()
    hand_on(opened(tmp_path, clock), clock, range(40))
    offsets = read(tmp_path)[columns.LOG_OFFSET].to_pylist()
    on_disk = {str(path) for path in (tmp_path / "parquet").rglob("*.parquet")}
    named = {files(tmp_path).location(name) for name in files(tmp_path).manifest().names()}

    assert [2 * number for number in range(40) for _ in range(100)] == offsets
    assert named == on_disk


def test_what_is_pending_is_told_until_it_is_durable(tmp_path: Path, clock: Clock) -> None:
    writer = opened(tmp_path, clock)
    hand_on(writer, clock, range(12, 14), end=False)
    before = writer.oldest_pending()
    hand_on(writer, clock, range(0))

    assert (24, None) == (before, writer.oldest_pending())


def test_a_reader_is_given_what_stood_before_an_offset(tmp_path: Path, clock: Clock) -> None:
    hand_on(opened(tmp_path, clock), clock, range(25))

    assert set(range(0, 30, 2)) == set(read(tmp_path, 30)[columns.LOG_OFFSET].to_pylist())


def test_a_broken_file_is_named(tmp_path: Path, clock: Clock) -> None:
    hand_on(opened(tmp_path, clock), clock, range(5))
    path = Path(files(tmp_path).location(files(tmp_path).manifest().names()[0]))
    path.write_bytes(path.read_bytes()[:1000])

    with pytest.raises(BrokenFileError, match=path.name):
        read(tmp_path)


def test_a_reader_sees_times_and_amounts(tmp_path: Path, clock: Clock) -> None:
    hand_on(opened(tmp_path, clock), clock, range(3))
    store = files(tmp_path)
    with duckdb.connect() as connection:
        found = connection.sql(store.view_sql(store.manifest()))
        types = dict(zip(found.columns, map(str, found.types), strict=True))

    assert (
        "TIMESTAMP WITH TIME ZONE",
        "DECIMAL(18,2)",
        "VARCHAR",
    ) == (types["event_time"], types["price"], types["event_type"])
    assert "body" not in types


def test_counted_sql_gives_what_was_counted(tmp_path: Path, clock: Clock) -> None:
    hand_on(opened(tmp_path, clock), clock, range(3))
    store = files(tmp_path)
    with duckdb.connect() as connection:
        found = connection.sql(store.counted_sql(SHOP, store.manifest().files)).to_arrow_table()
    expected = read(tmp_path)

    assert expected.to_pylist() == found.select(expected.column_names).to_pylist()
