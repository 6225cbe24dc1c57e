"""A log that was lost, whole or in part: what comes after it counts, and the books agree again."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient

from analytics.ledger.ledger_file import Ledger
from tests.support.books import Books, post, today
from tests.support.listener import Listener
from tests.support.processes import running, running_door
from tests.support.receipts import receipt, stamped
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.log import looking_up
from tillstream.runtime import broker as amqp
from tillstream.runtime.data_folder import LEDGER
from tillstream.snapshots import CountSnapshot, TillsSnapshot


def lose_the_log(broker: BlockingConnection) -> None:
    """Delete the stream, and declare it anew: it begins at offset 0 again."""
    with broker.channel() as channel:
        channel.queue_delete(topology.RECEIPTS_LOG)
    with broker.channel() as channel:
        amqp.declare(channel)


class System:
    """A door, an archive, and a totals worker that can be stopped."""

    def __init__(self, broker: BlockingConnection, books: Books) -> None:
        self.broker = broker
        self.books = books
        self._counts = Listener(broker, topology.COUNT, CountSnapshot)
        self._tills = Listener(broker, topology.TILLS, TillsSnapshot)

    @contextmanager
    def counting(self) -> Iterator[None]:
        with running("analytics", "totals", **self.books.environ):
            yield

    def counted(self, count: int) -> None:
        self._counts.wait_for(lambda one: one.count == count, f"{count} counted")

    def has_identities(self, count: int) -> None:
        """Wait until the ledger keeps so many, of any day."""

        def identities() -> int:
            with Ledger(self.books.data_dir / LEDGER) as ledger:
                return sum(each.open + each.closed for each in ledger.identities.days())

        wait_until(lambda: identities() == count, 30, f"{count} identities")

    def in_epoch(self, epoch: int) -> TillsSnapshot:
        found: TillsSnapshot = self._tills.wait_for(
            lambda one: one.log_epoch == epoch, f"epoch {epoch}"
        )
        return found

    def is_archived(self, count: int) -> None:
        wait_until(
            lambda: self.books.archive.count_documents({}) == count, 30, f"{count} in the archive"
        )


@pytest.fixture
def system(
    broker: BlockingConnection,
    environ: dict[str, str],
    amqp_url: str,
    mongo_url: str,
    mongo_database: str,
    tmp_path: Path,
) -> Iterator[System]:
    with (
        running_door(amqp_url, **environ) as door,
        running("persistence", **environ),
        MongoClient[dict[str, Any]](mongo_url) as client,
    ):
        archive = client[mongo_database]["receipts"]
        yield System(
            broker, Books(door, archive, environ, tmp_path, lambda _: pytest.fail("see System"))
        )


@pytest.mark.parametrize("after", [1, 6])
def test_what_comes_after_a_lost_log_counts_and_the_books_agree(system: System, after: int) -> None:
    first = today(1)
    with system.counting():
        post(system.books, first, today(2), first, today(3))
        system.counted(3)
        system.is_archived(3)
        assert 0 == system.books.figures()[0]
    lose_the_log(system.broker)
    # Also so many that the new log has a message at the offset that was counted last.
    post(system.books, *(today(10 + number) for number in range(after)))
    behind = system.books.command("verify", "--wait", "1")
    with system.counting():
        system.counted(3 + after)
        tills = system.in_epoch(1)
        system.is_archived(3 + after)

        status, report = system.books.verify()
        from_log = system.books.command("recount")
        from_archive = system.books.command("recount", "--from", "archive")
        post(system.books, today(30))
        system.counted(4 + after)
        system.is_archived(4 + after)
        rebuilt, of_rebuilt = system.books.verify()

    assert (1, "the totals worker goes on from the log's first message" in behind.stderr) == (
        behind.returncode,
        True,
    )
    assert (0, after, 3 + after, 3 + after, 3, 0, 0) == (
        status,
        report["accepted"],
        report["stored"],
        report["counted"],
        report["beyond_log"],
        report["lost"],
        report["double_counted"],
    )
    assert (1, 0) == (tills.duplicates, tills.set_aside)
    # The log is not everything any more: it alone would lose what was counted.
    assert (1, True) == (from_log.returncode, "--from archive" in from_log.stderr)
    assert (0, "") == (from_archive.returncode, from_archive.stderr)
    assert (0, 3, 4 + after) == (rebuilt, of_rebuilt["beyond_log"], of_rebuilt["counted"])


def test_a_log_that_is_deleted_under_the_worker_is_begun_anew(system: System) -> None:
    with system.counting():
        post(system.books, today(1), today(2))
        system.counted(2)
        lose_the_log(system.broker)
        post(system.books, today(3))
        system.counted(3)
        system.in_epoch(1)


def test_what_was_counted_alone_is_not_taken_for_proved(system: System) -> None:
    with system.counting():
        post(system.books, today(1), today(2))
        system.counted(2)
        system.is_archived(2)
    lose_the_log(system.broker)
    # Neither the log nor the archive has it now.
    system.books.archive.delete_one({"number": "2"})
    post(system.books, today(3))
    with system.counting():
        system.counted(3)
        system.is_archived(2)
        status, report = system.books.verify("--wait", "1")

    assert (1, 1, 1) == (status, report["beyond_log"], report["double_counted"])


def test_days_that_left_mongodb_are_beyond_a_lost_log_and_not_lost(system: System) -> None:
    old = [receipt(number, date="2025-11-03 09:00:00") for number in (1, 2)]
    with system.counting():
        post(system.books, *old)
        system.has_identities(2)
        system.is_archived(2)
        subprocess.run(
            [sys.executable, "-m", "persistence", "tiers", "--once"],
            env={**system.books.environ, "PATH": "", "RECEIPTS_RETENTION_DAYS": "1"},
            check=True,
            timeout=120,
        )
        system.is_archived(0)
    lose_the_log(system.broker)
    post(system.books, today(3))
    with system.counting():
        system.has_identities(3)
        system.is_archived(1)
        before = system.books.verify()
        recounted = system.books.command("recount", "--from", "archive")
        after = system.books.verify("--all")

    assert 0 == recounted.returncode
    for status, report in (before, after):
        assert (0, 3, 2, 0) == (
            status,
            report["counted"],
            report["beyond_log"],
            report["double_counted"],
        )


def test_a_conflict_after_the_loss_is_not_taken_for_the_first(system: System) -> None:
    first = today(1)
    with system.counting():
        post(system.books, first, today(2))
        system.counted(2)
        system.is_archived(2)
    lose_the_log(system.broker)
    post(system.books, today(3), first | {"agentID": 9}, today(3), first)
    with system.counting():
        system.counted(3)
        system.is_archived(3)
        status, report = system.books.verify()

    # In the log: a sale, again, a conflict, the first; beyond it the second sale and the first one.
    assert (0, 4, 3, 2, 1, 2) == (
        status,
        report["accepted"],
        report["counted"],
        report["beyond_log"],
        report["conflicts"],
        report["duplicates"],
    )


def test_a_message_is_found_by_its_offset(broker: BlockingConnection, amqp_url: str) -> None:
    with broker.channel() as channel:
        channel.confirm_delivery()
        for number in range(5):
            persistent = pika.BasicProperties(delivery_mode=2)
            channel.basic_publish(topology.RECEIPTS, "", stamped(receipt(number)), persistent)

    found = [looking_up.message_from(amqp_url, offset) for offset in (0, 3, 4)]
    beyond = looking_up.message_from(amqp_url, 40)

    assert [stamped(receipt(number)) for number in (0, 3, 4)] == [
        one.body for one in found if one is not None
    ]
    assert beyond is None
