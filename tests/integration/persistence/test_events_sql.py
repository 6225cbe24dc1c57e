"""Streams of events are asked beside the receipts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from persistence.parquet.query import QueryError
from tests.support.filled_archive import Kept
from tests.support.kept_events import EventsKept
from tests.support.receipts import receipt, stamped
from tillstream.streams.aggregates_files import AggregatesFiles, Bounds


def test_events_and_receipts_are_joined_by_one_query(kept: Kept) -> None:
    events = EventsKept(kept.data_dir)
    events.written(range(3))
    kept.store([stamped(receipt(number, cents=100, storeID=number)) for number in range(3)])
    [first] = events.read().slice(0, 1).to_pylist()

    assert [(3, 300)] == kept.ask(
        "SELECT count(DISTINCT key), count(DISTINCT (log_offset, log_row))"
        " FROM shop CROSS JOIN receipts"
    )
    [(price, at)] = kept.ask(
        "SELECT price, event_time FROM shop WHERE log_offset = 0 AND log_row = 0"
    )
    assert Decimal(first["price"]).scaleb(-2) == price
    assert isinstance(at, datetime)
    assert first["event_time"] == round(at.timestamp() * 1_000_000)


def test_a_declared_stream_without_events_is_an_empty_view(kept: Kept) -> None:
    EventsKept(kept.data_dir).opened().close()

    assert [(0, None)] == kept.ask("SELECT count(*), max(event_time) FROM track")


def test_a_broken_file_stops_no_query_over_something_else(kept: Kept) -> None:
    events = EventsKept(kept.data_dir)
    events.written(range(3))
    [path] = events.paths()
    path.write_bytes(b"PAR1")

    assert [(0,)] == kept.ask("SELECT count(*) FROM receipts")
    with pytest.raises(QueryError, match=path.name):
        kept.ask("SELECT count(*) FROM shop")


def test_the_files_of_a_stream_are_read_by_its_view_alone(kept: Kept) -> None:
    events = EventsKept(kept.data_dir)
    events.written(range(3))

    manifest = events.files.location("manifest.json")

    with pytest.raises(QueryError, match="Cannot access file"):
        kept.ask(f"FROM read_text('{manifest}')")


def test_the_aggregates_of_track_are_a_view_that_says_of_when(kept: Kept) -> None:
    files = AggregatesFiles(str(kept.data_dir / "parquet"))
    midnight = datetime(2026, 11, 29, tzinfo=UTC)
    for hour in (3, 6):
        until = midnight + timedelta(hours=hour)
        with files.file_to_write() as path:
            pq.write_table(pa.table({"user_id": [7], "u_count": [hour]}), path)
            files.put(path, Bounds(until - timedelta(hours=3), until).file)

    found = kept.ask("SELECT since, until, user_id, u_count FROM track_aggregates ORDER BY 2")

    assert [
        (midnight + timedelta(hours=hour - 3), midnight + timedelta(hours=hour), 7, hour)
        for hour in (3, 6)
    ] == found
