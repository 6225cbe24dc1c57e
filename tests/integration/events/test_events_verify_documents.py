"""Every document of MongoDB is compared as a whole with the row of the state, and named."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from bson.objectid import ObjectId
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient
from pymongo.database import Database

from events.verify import mongo
from events.verify.proof import verify
from events.verify.report import Report, WindowProof
from events.windows.mongo_sink import MongoSink
from tests.support import shop_events
from tests.support.counted_events import Counted
from tests.support.shop_events import BEGIN, SECOND
from tests.support.waiting import wait_until
from tillstream.archive import Document
from tillstream.streams import definitions_file
from tillstream.streams.message import Packed

DEFINITION = """
[stream]
name = "sales"
version = 1
event_time = "sold_at"
identity = ["number"]

[fields]
number = { type = "integer", required = true }
sold_at = { type = "timestamp", required = true }
who = { type = "text" }
amount = { type = "integer" }

[[window]]
name = "sold"
size = "500 ms"
start_column = "bounds.start"
end_column = "bounds.end"

[window.keys]
who = "who"

[window.measures]
sales = "count(*)"
amount = "sum(amount)"
latest = "max(sold_at)"

[window.columns]
mean = "amount / nullif(sales, 0)"
"""
RECEIVED = 1_795_867_200 * SECOND
#: Two persons, and windows of half a second.
ROWS = 20


def sales(numbers: range) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {
            "number": pa.array(numbers, pa.int64()),
            "sold_at": pa.array([BEGIN + n // 2 * SECOND // 2 + 1 for n in numbers], pa.int64()),
            "who": pa.array([("ann", 'b"ö')[n % 2] for n in numbers], pa.string()),
            "amount": pa.array([n * 3 for n in numbers], pa.int64()),
        }
    )


def message(numbers: range) -> Packed:
    return shop_events.packed(sales(numbers), RECEIVED, "sales")


@pytest.fixture
def streams(tmp_path: Path) -> Path:
    folder = tmp_path / "streams"
    folder.mkdir()
    (folder / "sales.toml").write_text(DEFINITION)
    return folder


@pytest.fixture
def counted(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path, streams: Path
) -> Iterator[Counted]:
    found = Counted(broker, amqp_url, tmp_path, streams)
    found.take([message(range(ROWS // 2)), message(range(ROWS // 2, ROWS))])
    found.archive_all()
    yield found
    found.close()


@pytest.fixture
def database(mongo_url: str, mongo_database: str) -> Iterator[Database[Document]]:
    with MongoClient[Document](mongo_url, tz_aware=True) as client:
        yield client[mongo_database]


def proved(counted: Counted, database: Database[Document]) -> tuple[Report, WindowProof]:
    report = verify(counted.settings, threading.Event(), database)
    [window] = [one for one in report.windows if one.name == "sold"]
    return report, window


@contextmanager
def writing(counted: Counted, url: str, database: Database[Document]) -> Iterator[None]:
    windows = dict(definitions_file.load_settings(counted.settings).windows)
    sink = MongoSink(counted.state, url, database.name, windows)
    sink.start()
    yield
    sink.stop()


def test_every_document_that_was_altered_removed_or_added_is_named(
    counted: Counted, database: Database[Document], mongo_url: str
) -> None:
    with writing(counted, mongo_url, database):
        # What is not written yet is waited for.
        report, window = proved(counted, database)

        assert ([], ROWS, 0) == (report.differences, window.in_mongo, window.mongo_behind)

    documents = database["windows_sold"]
    ids = [each["_id"] for each in documents.find({}, sort=[("_id", 1)])]
    bound = documents.find_one({"_id": ids[2]}) or {}
    altered: list[tuple[str, Any]] = [
        ("mean", 7.5),
        ("who", "other"),
        ("bounds.start", bound["bounds"]["start"] + timedelta(milliseconds=1)),
        ("sales", 1.0),
        ("change", 2**60),
        ("change", 0),
        ("final", None),
        ("more", 1),
    ]
    for row_id, (name, value) in zip(ids, altered, strict=False):
        documents.update_one({"_id": row_id}, {"$set": {name: value}})
    documents.delete_one({"_id": ids[10]})
    more = documents.find_one({"_id": ids[11]}) or {}
    surplus = [ObjectId(), "a", '2019-10-01T00:00:00.250000Z/["ann"]', "z"]
    documents.insert_many([{**more, "_id": one} for one in surplus])
    report, window = proved(counted, database)
    named = {(one.what.removeprefix("MongoDB sold: "), one.row) for one in report.differences}

    assert {
        *(("document", ids[number]) for number in range(len(altered))),
        ("missing document", ids[10]),
        *(("surplus document", str(one)) for one in surplus),
    } == named
    assert [name.split(".")[0] for name, _ in altered] == [
        (one.found or one.expected).split("=")[0]
        for one in report.differences
        if one.what == "MongoDB sold: document"
    ]
    assert (13, ROWS + 4, 0) == (window.mongo_differing, window.in_mongo, window.mongo_behind)
    assert not report.holds()


def test_what_a_sink_that_is_away_has_not_written_is_still_to_come(
    counted: Counted,
    database: Database[Document],
    mongo_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with writing(counted, mongo_url, database):
        proved(counted, database)
    monkeypatch.setattr(mongo, "WAIT_SECONDS", 0.1)
    counted.take([message(range(ROWS, ROWS + 2)), message(range(ROWS + 2, ROWS + 4))])
    report, window = proved(counted, database)

    assert report.holds(), report.differences
    # Two rows became final.
    assert (ROWS - 2, 4 + 2) == (window.in_mongo, window.mongo_behind)


def test_a_column_that_is_new_in_the_definition_is_written_to_every_document(
    counted: Counted, database: Database[Document], mongo_url: str, streams: Path
) -> None:
    with writing(counted, mongo_url, database):
        proved(counted, database)
    (streams / "sales.toml").write_text(f'{DEFINITION}twice = "amount * 2"\n')
    without, _ = proved(counted, database)
    with writing(counted, mongo_url, database):
        report, window = wait_until(
            lambda: (found := proved(counted, database))[0].holds() and found,
            20,
            "the column",
        )

    assert ROWS == without.differing()
    assert (True, ROWS) == (report.holds(), window.in_mongo)


def test_an_event_that_is_archived_twice_is_told(counted: Counted) -> None:
    counted.take([message(range(2))])
    counted.archive.add("sales", 2, RECEIVED, sales(range(2)), np.arange(2))
    counted.take([message(range(50, 52))])
    counted.archive_all()
    report = counted.verify()
    [stream] = [one for one in report.streams if one.name == "sales"]

    assert 2 == stream.repeated
    assert "stream sales: repetitions of number" in {one.what for one in report.differences}
    assert not report.holds()
