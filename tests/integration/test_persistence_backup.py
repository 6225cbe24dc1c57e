"""Backup and restore on real servers: what was accepted is there again, and provably so."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pymongo.database import Database

from tests.conftest import delete_queues
from tests.integration.persistence_room import archive, publish, receipts_of
from tests.processes import running, running_door
from tests.receipts import receipt
from tests.waiting import wait_until


class Place(NamedTuple):
    """An empty system: its settings, its database, and a place for backups."""

    environ: dict[str, str]
    database: Database[dict[str, Any]]
    data_dir: Path
    backup: Path

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            env=os.environ | self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def receipts(self) -> dict[str, dict[str, Any]]:
        return {
            one.pop("_id"): {name: each for name, each in one.items() if name != "storedAt"}
            for one in self.database["receipts"].find()
        }

    def wipe(self) -> None:
        self.database.client.drop_database(self.database.name)
        delete_queues(self.environ["AMQP_URL"])
        shutil.rmtree(self.data_dir)


@pytest.fixture
def place(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str, tmp_path: Path
) -> Iterator[Place]:
    environ = {
        "AMQP_URL": amqp_url,
        "MONGO_URL": mongo_url,
        "MONGO_DATABASE": mongo_database,
        "DATA_DIR": str(tmp_path / "data"),
        "STORE_TIMEZONE": "UTC",
        # Conflicts shall reach the log here, and not be stopped at the door.
        "REMEMBERED_RECEIPTS": "1",
    }
    (tmp_path / "data").mkdir()
    with archive(mongo_url, mongo_database) as database:
        yield Place(environ, database, tmp_path / "data", tmp_path / "backup")


@contextmanager
def posting(door: str, first_number: int) -> Iterator[list[int]]:
    """Posts receipts, one after the other, until the block ends."""
    accepted: list[int] = []
    over = threading.Event()

    def post() -> None:
        with httpx.Client(timeout=10) as client:
            number = first_number
            while not over.is_set():
                answer = client.post(f"{door}/receipt", json=receipt(number))
                if answer.status_code == 202:
                    accepted.append(number)
                number += 1

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield accepted
    finally:
        over.set()
        thread.join(30)


def test_what_was_accepted_is_restored_and_verify_proves_it(place: Place) -> None:
    first = receipt(1)
    with (
        running_door(place.environ["AMQP_URL"], **place.environ) as door,
        running("persistence", **place.environ),
        running("analytics", "totals", **place.environ),
    ):
        for fields in (first, receipt(2), first, receipt(3), first | {"agentID": 9}):
            assert 202 == httpx.post(f"{door}/receipt", json=fields, timeout=10).status_code
        with posting(door, 100) as accepted:
            wait_until(lambda: len(accepted) > 20, 30, "receipts to flow")
            before = list(accepted)
            made = place.command("persistence", "backup", str(place.backup))
            flowed = len(accepted) > len(before)
        wait_until(lambda: len(place.receipts()) == 3 + len(accepted), 30, "all to be stored")
    known = place.receipts()
    assert (0, True) == (made.returncode, flowed), made.stderr
    place.wipe()

    restored = place.command("persistence", "restore", str(place.backup))
    recounted = place.command("analytics", "recount")
    verified = place.command("analytics", "verify", "--json")

    actual = place.receipts()
    report = json.loads(verified.stdout)
    assert (0, 0, 0) == (restored.returncode, recounted.returncode, verified.returncode), restored
    assert [2, 1, 1, 0, 0] == [
        report["accepted"] - len(actual),
        report["duplicates"],
        report["conflicts"],
        report["lost"],
        report["double_counted"],
    ]
    assert {number: known[number] for number in actual} == actual
    assert {str(number) for number in [1, 2, 3, *before]} <= {
        each["number"] for each in actual.values()
    }


def filled(place: Place, connection: BlockingConnection, receipts: int) -> None:
    """Receipts in the log and in the archive, and the door's count of nothing."""
    publish(connection, *([one] for one in receipts_of(range(receipts))))
    assert 0 == place.command("persistence", "refill").returncode


def test_a_restore_that_was_killed_is_run_again(place: Place, broker: BlockingConnection) -> None:
    filled(place, broker, 3_000)
    known = place.receipts()
    assert 0 == place.command("persistence", "backup", str(place.backup)).returncode
    place.wipe()
    with running("persistence", "restore", str(place.backup), **place.environ) as process:
        wait_until(lambda: "restoring" in place.database.list_collection_names(), 30, "the mark")
        process.kill()

    again = place.command("persistence", "restore", str(place.backup))

    assert (0, known, 0) == (
        again.returncode,
        place.receipts(),
        place.database["restoring"].count_documents({}),
    )
    assert 0 == place.command("analytics", "recount").returncode
    assert 0 == place.command("analytics", "verify").returncode


def test_nothing_is_restored_over_data_nor_from_a_damaged_backup(
    place: Place, broker: BlockingConnection
) -> None:
    filled(place, broker, 5)
    known = place.receipts()
    assert 0 == place.command("persistence", "backup", str(place.backup)).returncode
    over_data = place.command("persistence", "restore", str(place.backup))
    place.database.client.drop_database(place.database.name)
    over_log = place.command("persistence", "restore", str(place.backup))
    with running("persistence", **place.environ):
        wait_until(lambda: len(place.receipts()) == 5, 30, "the worker")
        beside_a_worker = place.command("persistence", "restore", str(place.backup))
    place.database.client.drop_database(place.database.name)
    archive_only = place.command("persistence", "restore", str(place.backup), "--archive-only")
    restored = place.receipts()
    place.wipe()
    part = place.backup / "archive" / "receipts-00001.bson.zst"
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    damaged = place.command("persistence", "restore", str(place.backup))

    said = [each.stderr for each in (over_data, over_log, beside_a_worker, damaged)]
    expected = ["holds data (receipts)", "the log holds receipts", "workers listen", f"{part}: alt"]
    assert [True] * 4 == [words in text for words, text in zip(expected, said, strict=True)], said
    assert (0, known, []) == (
        archive_only.returncode,
        restored,
        place.database.list_collection_names(),
    )
