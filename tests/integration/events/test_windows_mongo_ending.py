"""Rows of windows while MongoDB ends: it has taken them, and no majority has."""

from pathlib import Path
from typing import Any

from pymongo import MongoClient

from events.windows.event_counter import EventCounter
from events.windows.mongo_sink import MongoSink
from events.windows.state_file import State
from tests.conftest import running_mongo
from tests.support.counted_windows import DEFINITIONS, NOW, WINDOW, log_of
from tests.support.shop_events import BEGIN
from tests.support.waiting import wait_until

DATABASE = "tillstream"
#: As MongoDB answers a write when it is told to end: ShutdownInProgress.
ENDING = {"writeConcernError": {"code": 91, "errmsg": "Replication is being shut down"}}


def test_rows_that_no_majority_has_are_written_again(tmp_path: Path) -> None:
    log = log_of([[(row, BEGIN, "abcd"[row % 4], row) for row in range(12)]])
    with (
        running_mongo(tmp_path, "--setParameter", "enableTestCommands=1") as (url, _),
        MongoClient[dict[str, Any]](url) as client,
        State(tmp_path / "state.sqlite3") as state,
    ):
        what = {"failCommands": ["update"], "namespace": f"{DATABASE}.windows_w"}
        client.admin.command(
            "configureFailPoint", "failCommand", mode={"times": 2}, data=what | ENDING
        )
        counter = EventCounter(state, DEFINITIONS, lambda: NOW)
        sink = MongoSink(state, url, DATABASE, {"w": WINDOW})
        sink.start()
        try:
            counter.count(log)
            sink.wake()
            wait_until(
                lambda: client[DATABASE]["window_positions"].find_one({"_id": "w"}) is not None,
                20,
                "rows that a majority has",
            )
            rows = list(client[DATABASE]["windows_w"].find())
        finally:
            sink.stop()

    assert 12 == sum(row["number"] for row in rows)
