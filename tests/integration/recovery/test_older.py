"""What an older Tillstream has left: told in one line, and brought to this version by commands."""

import copy
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pymongo.database import Database

from local.ports import free_port
from local.upgrading import upgrade
from persistence.schema import RECEIPT_SCHEMA
from tests.support.commands import command
from tests.support.filled_system import RECEIPTS, Filled, accept, figures
from tests.support.processes import running
from tests.support.receipts import receipt
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.earlier_keys import earlier_key
from tillstream.ledger import VERSION, is_older
from tillstream.runtime import data_folder
from tillstream.runtime.process import EX_CONFIG


def other_arguments(broker: BlockingConnection, *names: str) -> None:
    """Make queues as an older version had them."""
    for name in names:
        queue = topology.queue(name)
        channel = broker.channel()
        channel.queue_delete(name)
        own = {"x-queue-type": queue.arguments["x-queue-type"]}
        channel.queue_declare(name, durable=True, arguments=own | {"x-max-length-bytes": 10**9})
        channel.queue_bind(name, queue.exchange)


def in_minutes(database: Database[dict[str, Any]]) -> None:
    """Schema 2: offsets are minutes, and MongoDB refuses a document without them."""
    schema: dict[str, Any] = copy.deepcopy(RECEIPT_SCHEMA)
    names = schema["required"]
    names[names.index("utcOffsetSeconds")] = "utcOffsetMinutes"
    database["receipts"].update_many(
        {},
        [
            {"$set": {"utcOffsetMinutes": {"$toInt": {"$divide": ["$utcOffsetSeconds", 60]}}}},
            {"$unset": "utcOffsetSeconds"},
        ],
        bypass_document_validation=True,
    )
    database.command("collMod", "receipts", validator={"$jsonSchema": schema})
    database["schema"].update_one({"_id": "schema"}, {"$set": {"version": 2}})


def ended_by_date(document: dict[str, Any]) -> dict[str, Any]:
    """Schema 3: a receipt's key ended with its date, a conflict's with that and its content."""
    key, mark, content = document["_id"].partition("#")
    renamed = {"_id": f"{earlier_key(key)}{mark}{content}"}
    return document | renamed | ({"key": earlier_key(key)} if mark else {})


@pytest.mark.parametrize("room", ["persistence", "totals"])
def test_a_worker_says_which_queue_differs_and_what_to_do(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, tmp_path: Path, room: str
) -> None:
    other_arguments(broker, topology.PERSISTENCE_QUEUE)
    module = ("analytics", "totals") if room == "totals" else ("persistence",)

    ended = subprocess.run(
        [sys.executable, "-m", *module],
        env=os.environ | {"AMQP_URL": amqp_url, "MONGO_URL": mongo_url, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    *_, said = ended.stderr.strip().splitlines()
    assert EX_CONFIG == ended.returncode
    assert said.startswith("error: the queue persistence is on the broker with another x-")
    assert said.endswith(
        "run `python -m persistence upgrade`, which makes it anew and keeps what it holds"
    )


def test_the_door_says_it_where_its_health_is_asked(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    other_arguments(broker, topology.PERSISTENCE_QUEUE)
    url = f"http://127.0.0.1:{(port := free_port())}/health/ready"

    def reason() -> Any:
        try:
            answer = httpx.get(url, timeout=5)
        except httpx.TransportError:
            return None
        said = str(answer.json().get("reason"))
        # Before its first attempt it knows only that the broker is away.
        return said if answer.status_code == 503 and "queue" in said else None

    with running(
        "entrypoint", AMQP_URL=amqp_url, ENTRYPOINT_PORT=str(port), DATA_DIR=str(tmp_path)
    ):
        said = wait_until(reason, 30, "the reason")

    assert "the queue persistence is on the broker with another x-" in said


def test_an_upgrade_makes_queues_and_documents_anew_and_keeps_everything(
    system: Filled, broker: BlockingConnection
) -> None:
    other_arguments(broker, topology.PERSISTENCE_QUEUE, topology.DEAD_LETTERS)
    accept(system, receipt(5_000))
    # As version 1 had them: another day, another key, no version.
    receipts = system.database["receipts"]
    receipts.update_one({"number": "7"}, {"$set": {"businessDay": "2026-11-20"}})
    document = receipts.find_one_and_delete({"number": "8"})
    assert document is not None
    receipts.insert_one(document | {"_id": "another key"})
    (system.data_dir / data_folder.FILE).unlink()

    commands = [("analytics", "recount"), ("persistence", "upgrade"), ("analytics", "recount")]
    done = [system.run(*one) for one in commands]

    assert [0, 0, 0] == [one.returncode for one in done], done
    assert "queues made anew: persistence, receipts.dead" in done[1].stdout
    assert "1 made anew, 1 under another key, 0 left as they are" in done[1].stdout
    one_more = dict.fromkeys(("stored", "counted"), RECEIPTS + 1)
    assert (0, figures(accepted=RECEIPTS + 3, duplicates=1, **one_more)) == system.verify()
    assert data_folder.VERSION == data_folder.version_of(system.data_dir)


def test_a_ledger_of_an_earlier_version_is_counted_again_by_a_local_run(system: Filled) -> None:
    path = system.data_dir / data_folder.LEDGER
    with closing(sqlite3.connect(path)) as older:
        older.executescript("DROP TABLE figures_journal; PRAGMA user_version=6")
    refused = system.run("analytics", "totals")
    said: list[str] = []

    upgrade(system.data_dir, os.environ | system.environ, said.append, threading.Event())

    assert f"is of version 6, not {VERSION}" in refused.stderr
    assert [True, False] == [said[0].endswith("it is counted again"), is_older(system.data_dir)]
    assert 0 == system.verify()[0]


def test_an_upgrade_of_an_older_schema_makes_its_documents_anew(system: Filled) -> None:
    in_minutes(system.database)
    (system.data_dir / data_folder.FILE).unlink()

    done = system.run("persistence", "upgrade")

    assert (0, "") == (done.returncode, done.stderr)
    of_before = {"utcOffsetMinutes": {"$exists": True}}
    assert 0 == system.database["receipts"].count_documents(of_before)
    assert data_folder.VERSION == data_folder.version_of(system.data_dir)


def test_an_upgrade_to_keys_that_begin_with_their_day_loses_nothing_and_breaks_no_seal(
    system: Filled,
) -> None:
    before = system.verify()
    keys = {each["_id"] for each in system.database["receipts"].find({}, {"_id": 1})}
    for name in ("receipts", "conflicts"):
        found = list(system.database[name].find())
        system.database[name].delete_many({})
        system.database[name].insert_many(map(ended_by_date, found))
    system.database["schema"].update_one({"_id": "schema"}, {"$set": {"version": 3}})
    (system.data_dir / data_folder.FILE).write_text("2\n")

    sealed = system.run("persistence", "seal")
    done = [system.run(*one) for one in (("analytics", "recount"), ("persistence", "upgrade"))]
    again = system.run("persistence", "seal")
    holds = system.run("persistence", "verify-seal")

    assert [0, 0, 0, 0] == [each.returncode for each in (sealed, *done, again)], done
    assert before == system.verify()
    assert keys == {each["_id"] for each in system.database["receipts"].find({}, {"_id": 1})}
    assert 0 == holds.returncode, holds
    assert data_folder.VERSION == data_folder.version_of(system.data_dir)


@pytest.mark.parametrize("room", [("entrypoint",), ("analytics", "totals")])
@pytest.mark.parametrize("newer", [False, True])
def test_a_room_does_not_start_on_a_data_folder_of_another_version(
    amqp_url: str, tmp_path: Path, room: tuple[str, ...], newer: bool
) -> None:
    if newer:
        (tmp_path / data_folder.FILE).write_text(f"{data_folder.VERSION + 1}\n")
    else:
        (tmp_path / "entrypoint" / "accepted").mkdir(parents=True)
        (tmp_path / "entrypoint" / "accepted" / "1-1.sqlite3").touch()

    ended = subprocess.run(
        [sys.executable, "-m", *room],
        env=os.environ
        | {"AMQP_URL": amqp_url, "DATA_DIR": str(tmp_path), "ENTRYPOINT_PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    cure = "use a newer Tillstream" if newer else "run `python -m analytics recount` and then"
    *_, said = ended.stderr.strip().splitlines()
    assert (EX_CONFIG, True) == (ended.returncode, said.startswith("error: ")), ended.stderr
    assert cure in said


def test_a_local_run_does_not_touch_a_newer_data_folder(tmp_path: Path) -> None:
    (tmp_path / data_folder.FILE).write_text(f"{data_folder.VERSION + 1}\n")

    said = command("local", DATA_DIR=str(tmp_path))

    assert (EX_CONFIG, "") == (said.returncode, said.stdout)
    assert "use a newer Tillstream, or set DATA_DIR to another folder" in said.stderr
    assert {"lock", data_folder.FILE} == {path.name for path in tmp_path.iterdir()}
