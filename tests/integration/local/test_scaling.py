"""Doors that are added and taken away under a real load, on a real broker."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pika.adapters.blocking_connection import BlockingConnection

from local import loads, ready
from local.ports import free_port
from local.programs import rooms, spares
from local.scaling import scaling
from local.settings import LocalSettings
from local.supervisor import Supervisor
from local.watch_urls import with_watch_ports
from tests.support.commands import command
from tests.support.processes import answers
from tests.support.waiting import wait_until
from tillstream import accepted_count, topology
from tillstream.runtime.decompress import unzstd

BURST = 3_000
SHARED = 1_000


def test_a_burst_adds_a_door_rest_takes_it_away_and_every_receipt_is_in_the_queue_once(
    broker: BlockingConnection,
    amqp_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Where other tests run as well, the broker is what a burst waits for, more than the door.
    monkeypatch.setattr(loads, "BUSY_HIGH", 0.2)
    monkeypatch.setattr(loads, "COMPUTES_HIGH", 0.02)
    port = free_port()
    environ = {
        **os.environ,
        "AMQP_URL": amqp_url,
        "DATA_DIR": str(tmp_path),
        "ENTRYPOINT_PORT": str(port),
        "ENTRYPOINT_URL": f"http://127.0.0.1:{port}",
    }
    door = [program for program in rooms({}) if program.name == "entrypoint"]
    programs = with_watch_ports(tmp_path, spares(door, doors=2, writers=1))
    adds = LocalSettings(doors_max=2, scale_up_seconds=0, scale_down_seconds=600)
    takes = LocalSettings(doors_max=2, scale_up_seconds=600, scale_down_seconds=1)
    second = f"http://127.0.0.1:{programs[1].env['WATCH_PORT']}"
    said: list[str] = []

    def burst(count: int) -> None:
        done = command("generator", "burst", "--count", str(count), **environ)
        assert done.returncode == 0, done.stderr

    with Supervisor(tmp_path, programs, environ) as supervisor:
        supervisor.start_rooms()
        supervisor.wait_for([ready.http_ok("entrypoint", port, "/health/ready")], 30)
        with scaling(tmp_path, programs, environ, adds, said.append):
            burst(BURST)
            wait_until(lambda: said, 20, "the decision")
            wait_until(lambda: answers(f"{second}/health/ready"), 30, "the second door")
            watched = (tmp_path / "watch.json").read_text()
            burst(SHARED)
        with scaling(tmp_path, programs, environ, takes, said.append):
            wait_until(lambda: len(said) == 2, 30, "the second door's end")
        statuses = supervisor.control.statuses()

    assert [line.split(":")[0] for line in said] == [
        "entrypoint-2 is added",
        "entrypoint-2 is taken away",
    ]
    assert second in watched
    assert second not in (tmp_path / "watch.json").read_text()
    assert [statuses[name].state for name in ("entrypoint", "entrypoint-2")] == [
        "RUNNING",
        "STOPPED",
    ]
    # Ended by its own will, after its last answer.
    assert statuses["entrypoint-2"].exit_status == 0
    folder = accepted_count.folder_of(tmp_path)
    accepted = sum(receipts for receipts, _ in accepted_count.read(folder).values())
    assert (accepted, len(list(folder.glob("*.sqlite3")))) == (BURST + SHARED, 2)
    assert accepted == queued(broker)
    assert all(map(took_any, folder.glob("*.sqlite3")))


def took_any(count: Path) -> bool:
    """Whether the door with this count accepted a receipt."""
    with closing(sqlite3.connect(count)) as database:
        return bool(database.execute("SELECT 1 FROM accepted").fetchone())


def queued(broker: BlockingConnection) -> int:
    """The receipts in the persistence queue, taken out of it."""
    found = 0
    with broker.channel() as channel:
        while (taken := channel.basic_get(topology.PERSISTENCE_QUEUE, auto_ack=True))[2]:
            body = taken[2]
            if taken[1].content_encoding == "zstd":
                body = unzstd(body, 1 << 24)
            found += len(body.splitlines())
    return found
