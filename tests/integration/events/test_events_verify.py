"""Every window is counted again from archive and log, and what differs is named."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pika.adapters.blocking_connection import BlockingConnection

from events.archive.writer import ArchiveWriter
from events.settings import EventsSettings
from events.verify.proof import verify
from events.verify.report import Report, lines
from events.windows.event_counter import EventCounter
from events.windows.state_file import State
from events.worker import EventsWorker
from tests.support import shop_events
from tests.support.commands import command
from tests.support.kept_events import SetClock
from tests.support.processes import running
from tests.support.published_events import publish
from tests.support.shop_events import BEGIN, SECOND
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.log.continuity import Log
from tillstream.log.reader import LogReader
from tillstream.runtime import broker as amqp
from tillstream.streams import definitions_file

RECEIVED = 1_795_867_200 * SECOND


class Counted:
    """Messages that are counted and archived, by the worker's own parts."""

    def __init__(self, connection: BlockingConnection, url: str, folder: Path) -> None:
        self.connection = connection
        self.settings = EventsSettings(
            amqp_url=url, data_dir=folder, streams_dir=str(shop_events.STREAMS)
        )
        self.clock = SetClock()
        self.reader = LogReader(connection, "first", log=topology.EVENTS_LOG)
        definitions = definitions_file.load_settings(self.settings)
        self.archive = ArchiveWriter(self.settings.archive_url(), folder, definitions, self.clock)
        self.state = State(self.settings.state_path())
        self.counter = EventCounter(self.state, definitions, self.clock, all_columns=True)
        self.worker = EventsWorker(
            self.counter, self.clock, Log(url, topology.EVENTS_LOG), self.archive
        )

    def count(self, messages: range) -> None:
        """Publish a message of 50 events for each number, and count it."""
        for number in messages:
            times = [BEGIN + (number * 50 + row) * SECOND for row in range(50)]
            events = shop_events.shop_events(times, seed=number)
            publish(self.connection, shop_events.packed(events, RECEIVED + number * SECOND))
        self.clock.now = (RECEIVED + messages.stop * SECOND) / 1e6
        wanted = len(messages)
        while wanted > 0:
            found = self.reader.read(5.0)
            assert found
            self.worker.take(found)
            self.reader.done()
            wanted -= len(found)

    def archive_all(self) -> None:
        """The minute ends."""
        self.clock.now += 120
        self.archive.write_due(self.clock.now)
        while self.archive.oldest_pending() is not None:
            threading.Event().wait(0.002)
        self.counter.tick(None, caught_up=False)

    def verify(self) -> Report:
        """The report."""
        return verify(self.settings, threading.Event())


@pytest.fixture
def counted(broker: BlockingConnection, amqp_url: str, tmp_path: Path) -> Iterator[Counted]:
    found = Counted(broker, amqp_url, tmp_path)
    yield found
    found.archive.close()
    found.state.close()


def shop(report: Report) -> tuple[int, int, int]:
    [stream] = [one for one in report.streams if one.name == "shop"]
    return stream.archived, stream.in_log, stream.counted


def test_windows_agree_with_what_is_archived_and_what_is_in_the_log_yet(counted: Counted) -> None:
    counted.count(range(6))
    counted.archive_all()
    counted.count(range(6, 10))
    report = counted.verify()

    assert [] == report.differences
    assert (300, 200, 500) == shop(report)
    assert report.holds()


def test_a_figure_that_was_changed_is_named(counted: Counted) -> None:
    counted.count(range(6))
    counted.archive_all()
    with sqlite3.connect(counted.settings.state_path()) as database:
        database.execute(
            'UPDATE "window.shop_metrics" SET "m.nr_items_sold" = "m.nr_items_sold" + 1'
            " WHERE start = ?",
            (BEGIN,),
        )
    database.close()
    report = counted.verify()

    assert (1, False) == (report.differing(), report.holds())
    assert any("2019-10-01T00:00:00+00:00" in line for line in lines(report))


def test_an_archive_without_its_manifest_proves_nothing(counted: Counted) -> None:
    counted.count(range(6))
    counted.archive_all()
    (Path(counted.settings.archive_url()) / "events" / "shop" / "manifest.json").unlink()
    report = counted.verify()

    assert (0, 0, 300) == shop(report)
    assert not report.holds()


def test_a_log_that_was_truncated_before_it_was_archived_is_told(counted: Counted) -> None:
    counted.count(range(3))
    channel = counted.connection.channel()
    channel.queue_delete(topology.EVENTS_LOG)
    amqp.declare(counted.connection.channel())
    report = counted.verify()

    assert "log" in {one.what for one in report.differences}
    assert not report.holds()


def test_the_command_says_so_by_its_status(counted: Counted) -> None:
    counted.count(range(3))
    counted.archive_all()
    said = command(
        "events",
        "verify",
        "--json",
        AMQP_URL=counted.settings.amqp_url,
        DATA_DIR=str(counted.settings.data_dir),
        STREAMS_DIR=str(shop_events.STREAMS),
    )

    assert 0 == said.returncode, said.stderr
    assert json.loads(said.stdout)["holds"]


def test_a_worker_that_is_killed_leaves_windows_archive_and_mongodb_that_agree(
    broker: BlockingConnection,
    amqp_url: str,
    mongo_url: str,
    mongo_database: str,
    tmp_path: Path,
) -> None:
    environ = {
        "AMQP_URL": amqp_url,
        "MONGO_URL": mongo_url,
        "MONGO_DATABASE": mongo_database,
        "DATA_DIR": str(tmp_path),
        "STREAMS_DIR": str(shop_events.STREAMS),
    }

    state = tmp_path / "events" / "state.sqlite3"

    def send(numbers: range) -> None:
        for number in numbers:
            times = [BEGIN + (number * 50 + row) * SECOND for row in range(50)]
            events = shop_events.shop_events(times, seed=number)
            publish(broker, shop_events.packed(events, RECEIVED + number * 30 * SECOND))

    def proved(events: int, rows: int) -> bool:
        said = command("events", "verify", "--json", **environ)
        found = json.loads(said.stdout) if said.stdout else {"streams": [], "windows": []}
        counted = [one["counted"] for one in found["streams"] if one["name"] == "shop"]
        mongo = [one["in_mongo"] for one in found["windows"] if one["name"] == "shop_metrics"]
        return (0, [events], [rows]) == (said.returncode, counted, mongo)

    with running("events", "worker", **environ) as worker:
        send(range(8))
        wait_until(lambda: state.exists(), 20, "the state")
        worker.kill()
        worker.wait(10)
    with running("events", "worker", **environ):
        send(range(8, 10))
        wait_until(lambda: proved(500, 9), 40, "the proof")
