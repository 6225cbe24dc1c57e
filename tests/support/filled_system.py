"""A system with receipts in log, ledger and archive, whose rooms are ended; and its commands."""

import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from pymongo import MongoClient
from pymongo.database import Database

from persistence.writer import archive_writer
from persistence.writer.queue_drain import drain_queue
from tests.support.commands import Said, command
from tests.support.persistence_room import publish
from tests.support.processes import running, running_door
from tests.support.receipts import receipt, stamped
from tillstream import stores, topology
from tillstream.accepted_count import AcceptedCount, folder_of
from tillstream.currency_day import CurrencyDay
from tillstream.runtime import broker, data_folder
from tillstream.runtime.settings import StoreTimeSettings

#: Receipts that are sent once, beside one that comes twice and one that comes with other content.
RECEIPTS = 1_200


class Filled(NamedTuple):
    """The system: its settings and its database."""

    environ: dict[str, str]
    database: Database[dict[str, Any]]

    @property
    def data_dir(self) -> Path:
        return Path(self.environ["DATA_DIR"])

    def run(self, room: str, *arguments: str) -> Said:
        """`python -m room ...`."""
        return command(room, *arguments, **self.environ)

    def verify(self) -> tuple[int, dict[str, int]]:
        """The status of `verify` of all days, and its figures; the rooms are ended, so at rest."""
        said = self.run("analytics", "verify", "--json", "--all")
        assert said.stdout, said.stderr
        report = json.loads(said.stdout)
        names = ("accepted", "stored", "counted", "duplicates", "conflicts", "lost")
        return said.returncode, {name: report[name] for name in (*names, "double_counted")}

    def destroy(self, what: str) -> None:
        """Remove the `archive`, the `ledger` or the `log`."""
        if what == "archive":
            self.database.client.drop_database(self.database.name)
        elif what == "ledger":
            shutil.rmtree(self.data_dir / "analytics")
        else:
            connection = broker.connect(self.environ["AMQP_URL"], "tests")
            connection.channel().queue_delete(topology.RECEIPTS_LOG)
            connection.close()

    @contextmanager
    def rooms(self) -> Iterator[str]:
        """The door, the archive and the ledger at work; yields the door's URL."""
        with (
            running_door(self.environ["AMQP_URL"], **self.environ) as door,
            running("persistence", **self.environ),
            running("analytics", "totals", **self.environ),
        ):
            yield door

    def counted(self) -> int:
        """How many receipts the ledger has."""
        path = self.data_dir / "analytics" / "totals.sqlite3"
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as ledger:
            return int(ledger.execute("SELECT COUNT(*) FROM identities").fetchone()[0])

    def archived(self) -> int:
        """How many receipts the archive has."""
        return self.database["receipts"].count_documents({})


@contextmanager
def filled(amqp_url: str, mongo_url: str, database: str, data_dir: Path) -> Iterator[Filled]:
    """Receipts as the rooms leave them, without their start: RECEIPTS, a repetition, a conflict."""
    environ = {
        "AMQP_URL": amqp_url,
        "MONGO_URL": mongo_url,
        "MONGO_DATABASE": database,
        "DATA_DIR": str(data_dir),
        "STORE_TIMEZONE": "UTC",
        # Repetitions and conflicts shall reach the log, and not be stopped at the door.
        "REMEMBERED_RECEIPTS": "1",
    }
    first = receipt(0)
    sent = [first, first, first | {"agentID": 9}]
    sent += [receipt(number, cents=number) for number in range(1, RECEIPTS)]
    data_folder.note_current(data_dir)
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        system = Filled(environ, client[database])
        accept(system, *sent)
        drain(system)
        assert 0 == system.run("analytics", "recount").returncode
        yield system


def accept(system: Filled, *all_fields: dict[str, Any]) -> None:
    """What the door does: publish, and count what is confirmed."""
    connection = broker.connect(system.environ["AMQP_URL"], "tests")
    publish(connection, [stamped(fields) for fields in all_fields])
    connection.close()
    door = AcceptedCount(folder_of(system.data_dir), "tests")
    door.add(
        (
            CurrencyDay(date.fromisoformat(fields["date"][:10])),
            str(fields["storeID"]),
            round(fields["documentTotal"]["grossTotal"] * 100),
        )
        for fields in all_fields
    )
    door.close()


def drain(system: Filled) -> tuple[int, int]:
    """What the archive's worker does with all that waits."""
    with archive_writer.connect(system.environ["MONGO_URL"]) as client:
        table = stores.load(StoreTimeSettings(store_timezone="UTC"))
        store = archive_writer.ArchiveWriter(client, system.database.name, table, time.time)
        return drain_queue(system.environ["AMQP_URL"], store, table, threading.Event())


def post(door: str, *all_fields: dict[str, Any]) -> None:
    """Receipts, one after the other, each accepted."""
    for fields in all_fields:
        assert 202 == httpx.post(f"{door}/receipt", json=fields, timeout=10).status_code


def figures(**changes: int) -> dict[str, int]:
    """What `verify` finds where all is well and the log repeats nothing."""
    expected = {
        "accepted": RECEIPTS + 1,
        "stored": RECEIPTS,
        "counted": RECEIPTS,
        "duplicates": 0,
        "conflicts": 1,
        "lost": 0,
        "double_counted": 0,
    }
    return expected | changes
