"""The writer while MongoDB steps down, has no space or takes no document of that size."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pymongo.database import Database

from persistence.writer.entries import MAX_RECEIPT_BYTES
from tests.conftest import running_mongo
from tests.support.persistence_room import (
    Snapshots,
    archive,
    count_and_sum,
    kept_letters,
    publish,
    receipts_of,
    wait_for_count,
    waiting,
    worker,
)
from tests.support.receipts import receipt, stamped
from tests.support.waiting import wait_until
from tillstream.archive import raw_bytes

DATABASE = "tillstream"

#: MongoDB's codes: OutOfDiskSpace, and WriteConcernFailed as it says that a majority is late.
NO_SPACE = {"errorCode": 14031}
NOT_ON_A_MAJORITY = {"writeConcernError": {"code": 64, "errmsg": "waiting for replication"}}


@pytest.fixture(scope="module")
def mongo_that_fails(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a MongoDB that fails when it is told to."""
    folder = tmp_path_factory.mktemp("mongo")
    with running_mongo(folder, "--setParameter", "enableTestCommands=1") as (url, _):
        yield url


@contextmanager
def failing_inserts(database: Database[dict[str, Any]], how: dict[str, Any]) -> Iterator[None]:
    """Every insert of the worker into `receipts` ends so."""
    what = {
        "failCommands": ["insert"],
        "namespace": f"{database.name}.receipts",
        "appName": "tillstream persistence",
    }
    admin = database.client.admin
    admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=what | how)
    try:
        yield
    finally:
        admin.command("configureFailPoint", "failCommand", mode="off")


@pytest.mark.parametrize("how", [NO_SPACE, NOT_ON_A_MAJORITY], ids=["no space", "no majority"])
def test_what_mongodb_cannot_make_durable_waits_and_is_stored_once(
    broker: BlockingConnection, amqp_url: str, mongo_that_fails: str, how: dict[str, Any]
) -> None:
    snapshots = Snapshots(broker)
    with archive(mongo_that_fails, f"{DATABASE}-{'errorCode' in how}") as database:
        with worker(amqp_url, mongo_that_fails, database.name):
            publish(broker, receipts_of([1]))
            snapshots.wait_for_counts(stored=1)
            with failing_inserts(database, how):
                publish(broker, *([line] for line in receipts_of(range(2, 1502))))
                database.client.admin.command(
                    "waitForFailPoint", "failCommand", timesEntered=3, maxTimeMS=20_000
                )
                meanwhile = snapshots.wait_for_more(1)[-1]
            after = snapshots.wait_for_counts(stored=1501)
            wait_until(lambda: not waiting(broker), 10, "an empty queue")
        stored = count_and_sum(database)

    assert (1, 0) == (meanwhile.stored, meanwhile.dead_lettered)
    assert (1501, sum(range(1502)), 0, 0, 0) == (
        *stored,
        after.duplicates,
        after.conflicts,
        after.dead_lettered,
    )


def test_a_primary_that_steps_down_in_the_middle_loses_nothing(
    broker: BlockingConnection, amqp_url: str, mongo_that_fails: str
) -> None:
    snapshots = Snapshots(broker)
    lines = receipts_of(range(1, 10_001))
    with (
        archive(mongo_that_fails, f"{DATABASE}-steps-down") as database,
        worker(amqp_url, mongo_that_fails, database.name),
    ):
        publish(broker, *(lines[start : start + 10] for start in range(0, len(lines), 10)))
        wait_for_count(database, 1)
        database.client.admin.command("replSetStepDown", 1, force=True)
        before = database.receipts.count_documents({})
        after = snapshots.wait_for_counts(stored=10_000)
        wait_until(lambda: not waiting(broker), 10, "an empty queue")
        stored = count_and_sum(database)

    assert before < 10_000
    assert (10_000, sum(range(10_001)), 0, 0) == (*stored, after.duplicates, after.conflicts)


def test_a_receipt_of_16_mb_is_a_dead_letter_and_the_largest_that_fits_is_stored(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    poison = stamped(receipt(2) | {"note": "x" * 16_000_000})
    bare = stamped(receipt(3) | {"note": ""})
    largest = stamped(receipt(3) | {"note": "x" * (MAX_RECEIPT_BYTES - len(bare))})
    [good] = receipts_of([1])
    publish(broker, [good], [poison], [largest])
    with (
        archive(mongo_url, mongo_database) as database,
        worker(amqp_url, mongo_url, mongo_database),
    ):
        wait_for_count(database, 2)
        [letter] = kept_letters(database, 1)
        wait_until(lambda: not waiting(broker), 10, "an empty queue")
        stored = [raw_bytes(each) for each in database.receipts.find().sort("_id", 1)]

    # Not by ==: a failure would print megabytes.
    assert [True, True, True] == [
        stored == [good, largest],
        len(largest) == MAX_RECEIPT_BYTES,
        poison == letter.body,
    ]
    assert f"{len(poison)} bytes; the archive takes {MAX_RECEIPT_BYTES}" == letter.reason
