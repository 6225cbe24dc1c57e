"""The log of events in one, three and two partitions, one after the other, under load."""

import threading
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient

from events.settings import STATE
from events.windows.state_file import State
from tests.conftest import delete_queues
from tests.support import shop_events
from tests.support.commands import command
from tests.support.processes import killed, running, running_door
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.streams.event_partitions import last_offsets, stream_of
from tillstream.streams.events_log import EventsLog

#: Events of a body, bodies with one number of partitions, and the last of them, which no worker
#: that runs counts.
BODY, BODIES, FIRST, UNCOUNTED = 5, 72, 12, 30
#: Between two events; late is what comes 10 minutes after others.
STEP_SECONDS = 5


@pytest.fixture
def environ(amqp_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "AMQP_URL": amqp_url,
        "DATA_DIR": str(tmp_path),
        "STREAMS_DIR": str(shop_events.STREAMS),
        # Each body is a message.
        "PUBLISH_PACE_MS": "0",
    }


def body(number: int) -> list[dict[str, Any]]:
    """Events of one request, later than those of the one before."""
    seconds = [STEP_SECONDS * (BODY * number + each) for each in range(BODY)]
    return [
        {
            "event_time": f"2019-10-01T{each // 3600:02}:{each // 60 % 60:02}:{each % 60:02}Z",
            "event_type": "purchase",
            "product_id": each,
            "price": 12.50,
        }
        for each in seconds
    ]


def send(door: str, numbers: range) -> None:
    with httpx.Client(base_url=door, timeout=30) as client:
        for number in numbers:
            answer = client.post("/events/shop", json=body(number))
            assert 202 == answer.status_code, answer.text


def counted(data_dir: Path) -> int:
    if not (data_dir / STATE).exists():
        return 0
    with State(data_dir / STATE, create=False) as state:
        return state.streams()["shop"].events if "shop" in state.streams() else 0


def has_more(before: int, data_dir: Path) -> bool:
    return counted(data_dir) > before


def rows(data_dir: Path) -> list[Any]:
    """By minute the events, and those that came late."""
    with State(data_dir / STATE, create=False) as state:
        return state.execute(
            'SELECT start, events, late FROM "window.shop_metrics" ORDER BY start'
        ).fetchall()


def expected(bodies: int) -> list[Any]:
    minutes = range(BODY * bodies * STEP_SECONDS // 60)
    each = 60 // STEP_SECONDS
    return [(shop_events.BEGIN + minute * 60 * shop_events.SECOND, each, 0) for minute in minutes]


def test_nothing_is_lost_doubled_or_late_while_the_number_of_partitions_changes(
    broker: BlockingConnection, environ: dict[str, str], amqp_url: str, tmp_path: Path
) -> None:
    sent = 0
    for partitions in (1, 3, 2):
        settings = environ | {"LOG_PARTITIONS": str(partitions)}
        with running_door(amqp_url, **settings) as door:
            before = counted(tmp_path)
            # They come to partitions that are empty, while the first one has older ones.
            send(door, range(sent, sent + FIRST))
            with killed("events", "worker", **settings):
                send(door, range(sent + FIRST, sent + BODIES - UNCOUNTED))
                wait_until(partial(has_more, before, tmp_path), 60, "more is counted")
            # Of these nothing is counted before the number has changed.
            send(door, range(sent + BODIES - UNCOUNTED, sent + BODIES))
        sent += BODIES
    wanted = sent * BODY
    with running("events", "worker", **settings):
        wait_until(lambda: counted(tmp_path) == wanted, 60, "everything is counted")
        verified = command("events", "verify", **settings)
        first = rows(tmp_path)
        recounted = command("events", "recount", **settings)
    again = rows(tmp_path)
    log = EventsLog(amqp_url)
    messages = [
        message for some in log.read(threading.Event(), log.last_offset()) for message in some
    ]

    assert expected(sent) == first
    assert 0 == verified.returncode, verified.stdout
    assert f"counted {wanted} of shop" in recounted.stdout, recounted
    assert expected(sent) == again
    assert [*range(sent)] == [message.offset for message in messages]
    assert [0, 1, 2] == [*last_offsets(amqp_url, 3)]


def test_a_backup_of_partitions_is_restored_with_what_was_not_counted(
    broker: BlockingConnection,
    environ: dict[str, str],
    amqp_url: str,
    mongo_url: str,
    mongo_database: str,
    tmp_path: Path,
) -> None:
    settings = environ | {
        "LOG_PARTITIONS": "3",
        "MONGO_URL": mongo_url,
        "MONGO_DATABASE": mongo_database,
        "DATA_DIR": str(tmp_path / "data"),
    }
    data_dir, backup = tmp_path / "data", tmp_path / "backup"
    # A folder of its own: the backup has no counts of it, since no ledger is there.
    door_settings = settings | {"DATA_DIR": str(tmp_path / "door")}
    with running_door(amqp_url, **door_settings) as door:
        with running("events", "worker", **settings):
            send(door, range(24))
            wait_until(lambda: counted(data_dir) == 24 * BODY, 60, "these are counted")
        send(door, range(24, 72))
    made = command("persistence", "backup", str(backup), **settings)
    delete_queues(amqp_url)
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client.drop_database(mongo_database)
    (data_dir).rename(tmp_path / "before")
    restored = command("persistence", "restore", str(backup), **settings)
    with running("events", "worker", **settings):
        wait_until(lambda: counted(data_dir) == 72 * BODY, 60, "everything is counted")
        with running_door(amqp_url, **door_settings) as door:
            send(door, range(72, 84))
        wait_until(lambda: counted(data_dir) == 84 * BODY, 60, "what came since is counted")
        verified = command("events", "verify", **settings)

    assert (0, 0) == (made.returncode, restored.returncode), made.stderr + restored.stderr
    assert 0 == verified.returncode, verified.stdout
    assert expected(84) == rows(data_dir)


def count_four(amqp_url: str, settings: dict[str, str], data_dir: Path) -> None:
    """Bodies in two partitions, counted."""
    with running_door(amqp_url, **settings) as door, running("events", "worker", **settings):
        send(door, range(4))
        wait_until(lambda: counted(data_dir) == 4 * BODY, 60, "these are counted")


def test_a_partition_that_has_lost_what_was_counted_is_told(
    broker: BlockingConnection, environ: dict[str, str], amqp_url: str, tmp_path: Path
) -> None:
    settings = environ | {"LOG_PARTITIONS": "2"}
    count_four(amqp_url, settings, tmp_path)
    with broker.channel() as channel:
        channel.queue_delete(stream_of(1))
    said = command("events", "worker", **settings)
    # As the runbook has it.
    with broker.channel() as channel:
        for name in (stream_of(0), stream_of(1), topology.EVENTS_ORDER):
            channel.queue_delete(name)
    with running_door(amqp_url, **settings) as door, running("events", "worker", **settings):
        send(door, range(4, 24))
        wait_until(lambda: counted(tmp_path) == 24 * BODY, 60, "it goes on")

    assert 1 == said.returncode
    assert "events.log.1 was counted up to offset 1, but it is empty" in said.stderr
    assert "docs/runbooks/log-lost.md" in said.stderr
    assert expected(24) == rows(tmp_path)


def test_an_order_that_is_gone_is_told(
    broker: BlockingConnection, environ: dict[str, str], amqp_url: str, tmp_path: Path
) -> None:
    settings = environ | {"LOG_PARTITIONS": "2"}
    count_four(amqp_url, settings, tmp_path)
    with broker.channel() as channel:
        channel.queue_delete(topology.EVENTS_ORDER)
    said = command("events", "worker", **settings)

    assert 1 == said.returncode
    assert "Traceback" not in said.stderr
    assert 4 * BODY == counted(tmp_path)
