"""Every window is counted again from archive and log, and what differs is named."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pika.adapters.blocking_connection import BlockingConnection

from events.recount_command import recount
from events.verify.report import Report, lines
from tests.support import shop_events
from tests.support.commands import command
from tests.support.counted_events import Counted
from tests.support.processes import running
from tests.support.published_events import publish
from tests.support.shop_events import BEGIN, SECOND
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.runtime import broker as amqp
from tillstream.streams.message import Packed

RECEIVED = 1_795_867_200 * SECOND


def count(counted: Counted, messages: range) -> None:
    """A message of 50 events for each number, counted."""
    counted.clock.now = (RECEIVED + messages.stop * SECOND) / 1e6
    counted.take([message(number) for number in messages])


def message(number: int, seconds: int = 1) -> Packed:
    times = [BEGIN + (number * 50 + row) * SECOND for row in range(50)]
    events = shop_events.shop_events(times, seed=number)
    return shop_events.packed(events, RECEIVED + number * seconds * SECOND)


@pytest.fixture
def counted(broker: BlockingConnection, amqp_url: str, tmp_path: Path) -> Iterator[Counted]:
    found = Counted(broker, amqp_url, tmp_path)
    yield found
    found.close()


def shop(report: Report) -> tuple[int, int, int]:
    [stream] = [one for one in report.streams if one.name == "shop"]
    return stream.archived, stream.in_log, stream.counted


def test_windows_agree_with_what_is_archived_and_what_is_in_the_log_yet(counted: Counted) -> None:
    count(counted, range(6))
    counted.archive_all()
    count(counted, range(6, 10))
    report = counted.verify()

    assert [] == report.differences
    assert (300, 200, 500) == shop(report)
    assert report.holds()


def test_a_figure_that_was_changed_is_named(counted: Counted) -> None:
    count(counted, range(6))
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
    count(counted, range(6))
    counted.archive_all()
    (Path(counted.settings.archive_url()) / "events" / "shop" / "manifest.json").unlink()
    report = counted.verify()

    assert (0, 0, 300) == shop(report)
    assert not report.holds()


def test_a_log_that_was_truncated_before_it_was_archived_is_told(counted: Counted) -> None:
    count(counted, range(3))
    channel = counted.connection.channel()
    channel.queue_delete(topology.EVENTS_LOG)
    amqp.declare(counted.connection.channel())
    report = counted.verify()

    assert "log" in {one.what for one in report.differences}
    assert not report.holds()


def test_windows_are_made_anew_from_the_archive_where_the_log_has_lost_its_beginning(
    counted: Counted,
) -> None:
    count(counted, range(6))
    counted.archive_all()
    counted.connection.channel().queue_delete(topology.EVENTS_LOG)
    amqp.declare(counted.connection.channel())
    said = recount(counted.settings, threading.Event())
    report = counted.verify()

    assert ("counted 300 of shop", "300 of them from the archive") == (said[:19], said[-28:])
    assert [] == report.differences
    assert (300, 0, 300) == shop(report)


def test_the_command_says_so_by_its_status(counted: Counted) -> None:
    count(counted, range(3))
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
    broker: BlockingConnection, tmp_path: Path, room_settings: dict[str, str]
) -> None:
    environ = {**room_settings, "STREAMS_DIR": str(shop_events.STREAMS)}

    state = tmp_path / "events" / "state.sqlite3"

    def send(numbers: range) -> None:
        for number in numbers:
            publish(broker, message(number, 30))

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
