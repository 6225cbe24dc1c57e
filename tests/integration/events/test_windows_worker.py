"""The events worker on a real broker: what the log has is counted, told, and counted once."""

import os
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import AMQPError
from pymongo import MongoClient

from events.archive.reading import EventsArchiveReader
from events.archive.writer import ArchiveWriter
from events.archive_port import ArchivedEvents
from events.log_source import MessagesSource
from events.settings import STATE
from events.windows.event_counter import EventCounter
from events.windows.state_file import State
from events.worker import EventsWorker
from tests.support import shop_events
from tests.support.commands import command
from tests.support.listener import Listener
from tests.support.processes import running
from tests.support.published_events import publish
from tests.support.shop_events import BEGIN, SECOND
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.runtime import broker as amqp
from tillstream.streams.events_log import EventsLog
from tillstream.streams.window_rows import WindowsSnapshot

RECEIVED = int(time.time()) * SECOND


@pytest.fixture
def environ(amqp_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "AMQP_URL": amqp_url,
        "DATA_DIR": str(tmp_path),
        "STREAMS_DIR": str(shop_events.STREAMS),
    }


class Told:
    """The newest of each row that was told."""

    def __init__(self, connection: BlockingConnection) -> None:
        self.rows: dict[str, dict[str, object]] = {}
        self.stale = ""
        self.signs = 0
        self.listener = Listener(connection, topology.WINDOWS, WindowsSnapshot, self._hear)

    def _hear(self, snapshot: WindowsSnapshot) -> None:
        if snapshot.window == "shop_metrics":
            self.signs += 1
            self.stale = snapshot.stale
            for row in snapshot.rows:
                self.rows[str(row["start_event_time"])] = dict(row)


def test_a_shops_events_are_told_by_minute(
    broker: BlockingConnection, environ: dict[str, str]
) -> None:
    told = Told(broker)
    times = [BEGIN + second * SECOND for second in range(90)]
    with running("events", "worker", **environ):
        publish(broker, shop_events.packed(shop_events.shop_events(times), RECEIVED))
        told.listener.wait_for(lambda _: len(told.rows) == 2, "two windows")

    assert {
        "start_event_time": "2019-10-01T00:00:00Z",
        "end_event_time": "2019-10-01T00:01:00Z",
        "nr_of_events": 60,
        "nr_items_viewed": 15,
        "nr_items_put_in_cart": 15,
        "nr_items_sold": 15,
        "value_items_sold_in_cent": 15 * 1_250,
        "revision": 1,
        "late": 0,
        "final": False,
    } == told.rows["2019-10-01T00:00:00Z"]


def test_mongodb_has_each_row_as_it_was_told_last(
    broker: BlockingConnection,
    environ: dict[str, str],
    mongo_url: str,
    mongo_database: str,
) -> None:
    minute = [BEGIN + second * SECOND for second in range(60)]
    settings = {**environ, "MONGO_URL": mongo_url, "MONGO_DATABASE": mongo_database}
    with (
        running("events", "worker", **settings),
        MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client,
    ):
        rows = client[mongo_database]["windows_shop_metrics"]
        for count in (1, 2):
            publish(broker, shop_events.packed(shop_events.shop_events(minute), RECEIVED))
            wanted = {"nr_of_events": 60 * count}
            found = wait_until(partial(rows.find_one, wanted), 30, "the row")

    assert ("2019-10-01T00:00:00Z/[]", datetime(2019, 10, 1, tzinfo=UTC), 30, 2) == (
        found["_id"],
        found["start_event_time"],
        found["nr_items_sold"],
        found["revision"],
    )


def test_a_second_worker_on_one_state_ends_with_one_line(
    broker: BlockingConnection, environ: dict[str, str]
) -> None:
    told = Told(broker)
    with running("events", "worker", **environ):
        told.listener.wait_for(lambda _: True, "the first worker")
        second = command("events", "worker", **environ)

    assert (1, 1) == (second.returncode, second.stderr.count("\n"))
    assert "another events worker owns" in second.stderr


def test_a_worker_that_is_killed_again_and_again_counts_each_event_once(
    broker: BlockingConnection, environ: dict[str, str]
) -> None:
    told = Told(broker)
    minute = [BEGIN + second * SECOND for second in range(60)]
    messages = 0

    def seen() -> int:
        told.listener.poll()
        return int(str(told.rows.get("2019-10-01T00:00:00Z", {}).get("nr_of_events", 0)))

    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-m", "events", "worker"], env=os.environ | environ
        )
        try:
            known = seen()
            # It is killed while it counts.
            while seen() < known + 10 * 60:
                publish(broker, shop_events.packed(shop_events.shop_events(minute), RECEIVED))
                messages += 1
        finally:
            process.kill()
            process.wait(20)
    with running("events", "worker", **environ):
        told.listener.wait_for(
            lambda _: (
                told.rows.get("2019-10-01T00:00:00Z", {}).get("nr_of_events") == messages * 60
            ),
            "every event",
        )
        # Nothing more comes.
        signs = told.signs
        told.listener.wait_for(lambda _: told.signs > signs, "a sign of life")

    assert messages * 60 == told.rows["2019-10-01T00:00:00Z"]["nr_of_events"]


def test_a_recount_is_adopted_and_counts_what_was_declared_since(
    broker: BlockingConnection, environ: dict[str, str], tmp_path: Path
) -> None:
    told = Told(broker)
    hour = [BEGIN + minute * 60 * SECOND for minute in range(60)]
    publish(broker, shop_events.packed(shop_events.shop_events(hour), RECEIVED))
    with running("events", "worker", **environ):
        told.listener.wait_for(lambda _: len(told.rows) == 60, "the minutes")
    larger = {**environ, "WINDOW_SIZES": "shop_metrics=1 h"}
    told.rows.clear()
    with running("events", "worker", **larger):
        told.listener.wait_for(lambda _: "has changed" in told.stale, "a stale window")
        said = command("events", "recount", **larger)
        assert (0, "counted 60 of shop") == (said.returncode, said.stdout[:18]), said
        told.listener.wait_for(lambda _: not told.stale, "the new state")

    assert (0, "counted 60 of shop") == (said.returncode, said.stdout[:18])
    with State(tmp_path / STATE) as state:
        found = state.execute('SELECT start, events FROM "window.shop_metrics"').fetchall()

        assert [(BEGIN, 60)] == found


class KilledError(Exception):
    """The worker ends here."""


@pytest.mark.parametrize("step", [7, 8, 9])
def test_a_worker_stopped_after_its_commit_counts_and_archives_each_event_once(
    broker: BlockingConnection,
    environ: dict[str, str],
    tmp_path: Path,
    step: int,
) -> None:
    definitions = shop_events.definitions()
    log = EventsLog(environ["AMQP_URL"])
    archive_url = str(tmp_path / "parquet")

    def work(wanted: int, killed_at: int | None = None) -> None:
        """Until so many events are counted."""
        stop = threading.Event()

        def kill(at: int) -> None:
            if at == killed_at:
                raise KilledError

        with (
            State(tmp_path / STATE) as state,
            closing(ArchiveWriter(archive_url, tmp_path, definitions)) as archive,
        ):
            counter = EventCounter(state, definitions, time.time, all_columns=True)

            def committed() -> None:
                if counter.streams["shop"].events >= wanted:
                    stop.set()

            worker = EventsWorker(
                counter, time.time, log, MessagesSource(log.url), archive, committed, kill
            )
            connection = amqp.connect(environ["AMQP_URL"], "tests")
            try:
                worker.run(connection, stop)
            finally:
                # The broker may close it first, see LogReader.
                with suppress(AMQPError):
                    connection.close()

    times = [BEGIN + second * SECOND for second in range(60)]
    publish(broker, shop_events.packed(shop_events.shop_events(times), RECEIVED))
    with pytest.raises(KilledError):
        work(60, step)
    publish(broker, shop_events.packed(shop_events.shop_events(times), RECEIVED))
    work(120)
    found = [
        each.events.num_rows
        for each in EventsArchiveReader(archive_url, definitions).events("shop", 10**9)
        if isinstance(each, ArchivedEvents)
    ]
    with State(tmp_path / STATE) as state:
        rows = state.execute('SELECT start, events FROM "window.shop_metrics"').fetchall()

    assert [(BEGIN, 120)] == rows
    assert 120 == sum(found)
