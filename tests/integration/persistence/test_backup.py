"""Backup and restore on real servers: what was accepted is there again, and provably so."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pymongo.database import Database

from connectors.postings.sale import KeptSale
from connectors.state.state_file import Progress, State
from persistence.backup.backup_command import backup
from persistence.backup.folder import BackupError, check
from persistence.backup.restore_command import restore
from persistence.backup.settings import BackupSettings
from persistence.writer.archive_writer import ArchiveWriter, connect
from persistence.writer.queue_drain import QueueInUseError
from persistence.writer.refill import refill
from tests.conftest import delete_queues
from tests.support.filled_archive import killed_at
from tests.support.persistence_room import archive, publish, receipts_of
from tests.support.processes import running, running_door
from tests.support.receipts import receipt
from tests.support.waiting import wait_until
from tillstream import accepted_count, stores, topology
from tillstream.currency_day import CurrencyDay
from tillstream.runtime.data_folder import CONNECTORS_STATE
from tillstream.runtime.settings import load


class Place(NamedTuple):
    """An empty system: its settings, its database, and a place for backups."""

    environ: dict[str, str]
    database: Database[dict[str, Any]]
    data_dir: Path
    backup: Path

    def command(
        self, room: str, *arguments: str, patch: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """`python -m room ...`, after the statements of `patch`."""
        program = f"import sys\n{patch}\nfrom {room}.__main__ import main\nsys.exit(main())"
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env=os.environ | self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    @property
    def settings(self) -> BackupSettings:
        return load(BackupSettings, self.environ)

    def make_backup(self) -> None:
        """What `backup` does, without the start of a process."""
        backup(self.settings, self.backup, time.time, threading.Event())

    def refused(self) -> str:
        """Why `restore` writes nothing."""
        with pytest.raises((BackupError, QueueInUseError)) as caught:
            self.restore()
        return str(caught.value)

    def restore(self, *, archive_only: bool = False) -> None:
        """What `restore` does, without the start of a process."""
        restore(
            self.settings,
            self.backup,
            check(self.backup),
            threading.Event(),
            archive_only=archive_only,
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
    broker: BlockingConnection,
    mongo_url: str,
    mongo_database: str,
    tmp_path: Path,
    room_settings: dict[str, str],
) -> Iterator[Place]:
    environ = {
        **room_settings,
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
    """Receipts in the log and in the archive, a dead letter on its queue; no count of the door."""
    publish(connection, *([one] for one in receipts_of(range(receipts))))
    with connection.channel() as channel:
        channel.basic_publish("", topology.DEAD_LETTERS, b"no receipt")
    with connect(place.environ["MONGO_URL"]) as client:
        table = stores.load(place.settings)
        store = ArchiveWriter(client, place.database.name, table, time.time)
        refill(place.environ["AMQP_URL"], store, table, threading.Event())


def test_a_restore_that_was_killed_is_run_again(place: Place, broker: BlockingConnection) -> None:
    filled(place, broker, 900)
    known = place.receipts()
    sale, progress = KeptSale(version=3), Progress(7, b"digest", 1)
    with State(place.data_dir / CONNECTORS_STATE) as receivers:
        receivers.begin()
        receivers.sales.put("shop", "shop/1", 1, sale)
        receivers.write_progress(progress)
        receivers.commit()
    place.make_backup()
    place.wipe()
    # Amid the log, which is read back in windows; and when only the state is left to do.
    patches = [
        killed_at("persistence.backup.log", "_read_back", 3),
        killed_at("persistence.backup.state", "restore"),
    ]
    command = ("persistence", "restore", str(place.backup))
    killed = [place.command(*command, patch=patch).returncode for patch in patches]

    again = place.command(*command)

    assert [-signal.SIGKILL] * 2 == killed
    assert (0, known, 0, [b"no receipt"]) == (
        again.returncode,
        place.receipts(),
        place.database["restoring"].count_documents({}),
        [each["body"] for each in place.database["dead_letters"].find()],
    )
    with State(place.data_dir / CONNECTORS_STATE, create=False) as receivers:
        restored = receivers.sales.get("shop", "shop/1"), receivers.progress()

    assert (sale, progress) == restored
    assert 0 == place.command("analytics", "recount").returncode
    assert 0 == place.command("analytics", "verify").returncode


def test_nothing_is_restored_over_data_nor_from_a_damaged_backup(
    place: Place, broker: BlockingConnection
) -> None:
    filled(place, broker, 5)
    known = place.receipts()
    place.make_backup()
    over_data = place.refused()
    place.database.client.drop_database(place.database.name)
    over_log = place.refused()
    with running("persistence", **place.environ):
        wait_until(lambda: len(place.receipts()) == 5, 30, "the worker")
        beside_a_worker = place.refused()
    place.database.client.drop_database(place.database.name)
    place.restore(archive_only=True)
    restored = place.receipts()
    place.wipe()
    part = place.backup / "archive" / "receipts-00001.bson.zst"
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    damaged = place.command("persistence", "restore", str(place.backup))

    said = [over_data, over_log, beside_a_worker, damaged.stderr]
    expected = [
        "holds data (dead_letters, receipts)",
        "the log holds receipts",
        "workers listen",
        f"{part}: alt",
    ]
    assert [True] * 4 == [words in text for words, text in zip(expected, said, strict=True)], said
    assert (known, 1, []) == (
        restored,
        damaged.returncode,
        place.database.list_collection_names(),
    )


def test_a_backup_is_restored_where_the_rooms_ran_and_nothing_was_sent(
    place: Place, broker: BlockingConnection
) -> None:
    filled(place, broker, 5)
    known = place.receipts()
    place.make_backup()
    place.wipe()
    jobs = place.data_dir / "jobs.toml"
    jobs.parent.mkdir(exist_ok=True)
    # Due at no time at which a test runs.
    jobs.write_text(
        '[[job]]\nname = "seal"\ncommand = "persistence seal"\n'
        'cron = "0 0 29 2 *"\nlimit = "1 min"\n'
    )
    with (
        running_door(place.environ["AMQP_URL"], **place.environ),
        running("persistence", **place.environ),
        running("analytics", "totals", **place.environ),
        running("jobs", "scheduler", **place.environ, JOBS_FILE=str(jobs)),
        running("alerts", "watch", **place.environ),
    ):
        ledger = place.data_dir / "analytics" / "totals.sqlite3"
        wait_until(ledger.exists, 30, "the ledger")
        wait_until(lambda: place.database["jobs"].find_one() is not None, 30, "a job")
        wait_until(lambda: place.database["alert_targets"].find_one() is not None, 30, "a watcher")
    jobs.unlink()

    place.restore()

    assert known == place.receipts()
    assert 0 == place.command("analytics", "recount").returncode
    assert 0 == place.command("analytics", "verify").returncode


def test_state_that_a_restore_would_overwrite_is_named(
    place: Place, broker: BlockingConnection
) -> None:
    keys = place.data_dir / "entrypoint" / "keys.json"
    keys.parent.mkdir()
    keys.write_text("ours")
    filled(place, broker, 5)
    place.make_backup()
    place.wipe()
    door = accepted_count.AcceptedCount(accepted_count.folder_of(place.data_dir), "1-1")
    door.add([(CurrencyDay(date(2026, 11, 21)), "1", 600)])
    door.close()
    keys.write_text("others")

    said = place.refused()

    assert "1-1.sqlite3: the door has accepted 1 receipts" in said
    assert f"{keys}: there are other API keys than in the backup" in said
