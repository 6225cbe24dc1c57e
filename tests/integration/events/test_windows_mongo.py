"""MongoDB behind the state: away for a while, in the order of changes, without what is removed."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pymongo.monitoring
import pytest
from pymongo import MongoClient

from events.windows.event_counter import EventCounter
from events.windows.mongo_sink import MongoSink, WrittenWindow
from events.windows.state_file import State
from tests.support.counted_windows import DEFINITIONS, MINUTE, NOW, WINDOW, Event, log_of
from tests.support.frozen_mongo import frozen
from tests.support.kept_events import SetClock
from tests.support.shop_events import BEGIN, SECOND
from tests.support.waiting import wait_until
from tillstream.streams.definition import Definitions
from tillstream.streams.window_rows import CHANGE, row_id

KEPT = Definitions(
    streams=DEFINITIONS.streams,
    windows={"w": msgspec.structs.replace(WINDOW, retention_us=10 * MINUTE)},
)
NEVER = threading.Event()
Client = MongoClient[dict[str, Any]]


class Written(pymongo.monitoring.CommandListener):
    """The rows that are written, in their order."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str]] = []

    def started(self, event: pymongo.monitoring.CommandStartedEvent) -> None:
        for update in event.command.get("updates", []):
            if CHANGE in update["q"]:
                self.rows.append((update["u"][CHANGE], update["u"]["_id"]))

    def succeeded(self, event: pymongo.monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: pymongo.monitoring.CommandFailedEvent) -> None:
        pass


def part(number: int) -> list[Event]:
    """An event in each of three minutes, of four people."""
    return [
        (100 * number + row, BEGIN + row % 3 * MINUTE, "abcd"[row % 4], row) for row in range(12)
    ]


@pytest.fixture
def client(mongo_url: str) -> Iterator[Client]:
    with Client(mongo_url) as client:
        yield client


def test_windows_go_on_while_mongodb_is_frozen_and_it_catches_up(
    client: Client, mongo_url: str, mongo_database: str, tmp_path: Path
) -> None:
    log = log_of([part(number) for number in range(20)])
    rows = client[mongo_database]["windows_w"]

    def events() -> int:
        return sum(row["number"] for row in rows.find())

    with State(tmp_path / "state.sqlite3") as state:
        counter = EventCounter(state, DEFINITIONS, lambda: NOW)
        sink = MongoSink(state, mongo_url, mongo_database, {"w": WINDOW})
        sink.start()
        try:
            counter.count(log[:1])
            sink.wake()
            wait_until(lambda: events() == 12, 20, "the first rows")
            with frozen(client):
                for message in log[1:]:
                    counter.count([message])
                    sink.wake()
                counted = counter.streams["s"].events
            wait_until(lambda: events() == 240, 30, "all rows")
            revisions = {row["revision"] for row in rows.find()}
        finally:
            sink.stop()

    assert 240 == counted
    # Of the rows that changed meanwhile only the newest came.
    assert 12 == rows.count_documents({})
    assert {20} <= revisions


def test_rows_are_written_in_the_order_in_which_changes_are_read(
    mongo_url: str, mongo_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.windows.mongo_sink.PAGE", 5)
    written = Written()
    log = log_of([part(number) for number in range(3)] + [part(9)[:2], part(8)[5:7]])
    with (
        State(tmp_path / "state") as state,
        Client(mongo_url, event_listeners=[written]) as client,
    ):
        counter = EventCounter(state, DEFINITIONS, lambda: NOW)
        window = WrittenWindow(client, mongo_database, WINDOW, state)
        for messages in (log[:1], log[1:2], log[2:]):
            for message in messages:
                counter.count([message])
            window.write(counter.windows["w"].figures, NEVER)

    # The API reads on after the last change and _id.
    assert sorted(written.rows) == written.rows
    assert len({change for change, _ in written.rows}) > 3


def test_the_retention_removes_the_same_rows_from_mongodb(
    mongo_url: str, mongo_database: str, tmp_path: Path
) -> None:
    clock = SetClock()
    clock.now = NOW
    replay: list[Event] = [(n, BEGIN + n * MINUTE, "a", n) for n in range(4)]
    now: Event = (9, NOW * SECOND, "a", 9)
    late: Event = (10, BEGIN, "a", 9)
    with State(tmp_path / "state") as state, Client(mongo_url) as client:
        counter = EventCounter(state, KEPT, clock)
        window = WrittenWindow(client, mongo_database, KEPT.windows["w"], state)
        collection = client[mongo_database]["windows_w"]
        found = []
        for number, message in enumerate(log_of([replay, [now], [late], []])):
            clock.now += 8 * 60 if number else 0
            counter.count([message])
            window.write(counter.windows["w"].figures, NEVER)
            found.append({row["_id"] for row in collection.find({}, {"_id": 1})})
        starts = state.execute('SELECT start FROM "window.w"').fetchall()

    in_state = {row_id(start, ["a"]) for (start,) in starts}
    minutes = [row_id(BEGIN + n * MINUTE, ["a"]) for n in range(4)]
    today = row_id(NOW * SECOND - NOW * SECOND % MINUTE, ["a"])
    # Those that did not change for ten minutes go: the first one was changed later, two of them
    # became final later.
    assert {minutes[0], *minutes[2:], today} == found[2]
    assert {minutes[0], today} == in_state == found[3]
