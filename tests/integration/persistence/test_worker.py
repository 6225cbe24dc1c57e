"""The persistence worker on a real broker and a real MongoDB, without faults."""

import signal
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from persistence.dead_letters.store import Letter
from persistence.schema import migrate
from persistence.settings import RetentionSettings
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
from tillstream import topology
from tillstream.archive import raw_bytes
from tillstream.codec import JSON, NDJSON
from tillstream.runtime.process import EX_CONFIG


def test_a_receipt_is_stored_whole_and_acknowledged(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    raw = stamped(receipt(7, cents=1190) | {"$set": {"a.b": 1}, "_id": "till's own"})
    publish(broker, [raw])
    with archive(mongo_url, mongo_database) as database:
        with worker(amqp_url, mongo_url, mongo_database) as process:
            wait_for_count(database, 1)
        stored = database.receipts.find_one()

    assert stored is not None
    assert (raw, "2026-11-21 08:00:01/1/1/7", "2026-11-21", 1190, 0, 0) == (
        raw_bytes(stored),
        stored["_id"],
        stored["businessDay"],
        stored["grossMinor"],
        waiting(broker),
        process.returncode,
    )
    assert datetime(2026, 11, 21, 7, 0, 1, tzinfo=UTC) == stored["date"]


def test_a_message_of_many_receipts_is_stored_to_the_cent(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    publish(broker, receipts_of(range(1, 501)), receipts_of([501]))
    with (
        archive(mongo_url, mongo_database) as database,
        worker(amqp_url, mongo_url, mongo_database),
    ):
        wait_for_count(database, 501)
        stored = count_and_sum(database)

    assert (501, sum(range(502))) == stored


def test_the_history_of_a_day_is_read_from_the_index_alone(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    publish(broker, receipts_of([1]))
    minute = {"$dateTrunc": {"date": "$date", "unit": "minute"}}
    history: list[dict[str, Any]] = [
        {"$match": {"businessDay": "2026-11-21"}},
        {"$group": {"_id": minute, "gross": {"$sum": "$grossMinor"}, "count": {"$sum": 1}}},
    ]
    with (
        archive(mongo_url, mongo_database) as database,
        worker(amqp_url, mongo_url, mongo_database),
    ):
        wait_for_count(database, 1)
        explained = database.command(
            "explain",
            {"aggregate": "receipts", "pipeline": history, "cursor": {}},
            verbosity="executionStats",
        )
        found = list(database.receipts.aggregate(history))

    assert [{"_id": datetime(2026, 11, 21, 7, 0, tzinfo=UTC), "gross": 1, "count": 1}] == found
    assert '"totalDocsExamined":0' in msgspec.json.encode(explained, enc_hook=str).decode()


def test_what_comes_again_is_stored_once_and_what_differs_is_kept_beside_it(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    first = stamped(receipt(1, cents=600), 1_795_000_000.0)
    again = stamped(receipt(1, cents=600), 1_795_000_009.0)
    other = stamped(receipt(1, cents=700), 1_795_000_010.0)
    snapshots = Snapshots(broker)
    with (
        archive(mongo_url, mongo_database) as database,
        worker(amqp_url, mongo_url, mongo_database),
    ):
        publish(broker, [first])
        snapshots.wait_for_counts(stored=1)
        publish(broker, [first], [again, again], [other], [other, first])
        snapshots.wait_for_counts(stored=1, duplicates=5, conflicts=1)
        stored = [raw_bytes(each) for each in database.receipts.find()]
        conflicts = [(each["key"], raw_bytes(each)) for each in database.conflicts.find()]

    assert [first] == stored
    assert [("2026-11-21 08:00:01/1/1/1", other)] == conflicts


@pytest.mark.parametrize(
    ("lines", "letters"),
    [
        (
            [b'{"cashReceiptID": 1}'],
            [(b'{"cashReceiptID": 1}', JSON, "Object missing required field `storeID`")],
        ),
        (
            [stamped(receipt(1)), b"\xff", stamped(receipt(2)), b"{}"],
            [
                (b"\xff", NDJSON, "JSON is malformed: invalid character (byte 0)"),
                (b"{}", NDJSON, "Object missing required field `cashReceiptID`"),
            ],
        ),
    ],
    ids=["one receipt", "lines among good ones"],
)
def test_what_does_not_decode_goes_to_the_dead_letters_with_its_reason(
    broker: BlockingConnection,
    amqp_url: str,
    mongo_url: str,
    mongo_database: str,
    lines: list[bytes],
    letters: list[tuple[bytes, str, str]],
) -> None:
    publish(broker, lines)
    with (
        archive(mongo_url, mongo_database) as database,
        worker(amqp_url, mongo_url, mongo_database),
    ):
        kept = kept_letters(database, len(letters))
        wait_until(lambda: not waiting(broker), 10, "an empty queue")
        stored = database.receipts.count_documents({})

    for letter in kept:
        letter.headers.pop("x-delivery-count", None)
    assert len(lines) - len(letters) == stored
    assert [
        Letter(
            body,
            reason,
            content_type,
            None,
            {
                "x-door": "1",
                "x-reason": reason,
                "x-first-death-reason": "rejected",
                "x-first-death-queue": topology.PERSISTENCE_QUEUE,
                "x-first-death-exchange": topology.RECEIPTS,
            },
        )
        for body, content_type, reason in letters
    ] == kept


def test_what_mongodb_refuses_goes_to_the_dead_letters(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    good, bad = receipts_of([1]), receipts_of([2])
    with archive(mongo_url, mongo_database) as database:
        migrate(database, RetentionSettings(), lambda: None)
        database.command("collMod", "receipts", validator={"grossMinor": 1})
        publish(broker, good + bad)
        with worker(amqp_url, mongo_url, mongo_database):
            [letter] = kept_letters(database, 1)
            wait_until(lambda: not waiting(broker), 10, "an empty queue")
        stored = [raw_bytes(each) for each in database.receipts.find()]

    assert (good, bad) == (stored, [letter.body])
    assert "MongoDB: Document failed validation" == letter.reason


def test_delays_are_published_every_half_second_also_when_nothing_comes(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    snapshots = Snapshots(broker)
    with worker(amqp_url, mongo_url, mongo_database):
        seen = snapshots.wait_for_more(5)
        publish(broker, receipts_of([1]))
        one = snapshots.wait_for_counts(stored=1)

    # The worker's own stamps: this test may be slow, the worker not.
    steps = [after.as_of - before.as_of for before, after in pairwise(seen)]

    assert [0.5] * 4 == pytest.approx(steps, abs=0.2)
    assert {None} == {snapshot.network_delay for snapshot in seen}
    assert one.network_delay == pytest.approx(one.as_of - 1_795_000_000.0, abs=1)


def test_two_workers_store_nothing_twice(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    lines = receipts_of(range(1, 2001))
    messages = [lines[start : start + 10] for start in range(0, len(lines), 10)]
    # Each receipt is in two messages that are on their way at once.
    publish(broker, *(message for pair in zip(messages, messages, strict=True) for message in pair))
    with (
        archive(mongo_url, mongo_database) as database,
        worker(amqp_url, mongo_url, mongo_database),
        worker(amqp_url, mongo_url, mongo_database),
    ):
        wait_for_count(database, 2000)
        wait_until(lambda: not waiting(broker), 10, "an empty queue")
    with archive(mongo_url, mongo_database) as database:
        stored = (*count_and_sum(database), database.conflicts.count_documents({}))

    assert (2000, sum(range(2001)), 0) == stored


def test_a_stop_leaves_every_message_either_stored_or_waiting(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    lines = receipts_of(range(1, 20_001))
    publish(broker, *(lines[start : start + 10] for start in range(0, len(lines), 10)))
    with archive(mongo_url, mongo_database) as database:
        with worker(amqp_url, mongo_url, mongo_database) as process:
            wait_for_count(database, 1)
            process.send_signal(signal.SIGTERM)
            status = process.wait(10)
        stored, _ = count_and_sum(database)

    assert (0, 20_000) == (status, stored + 10 * waiting(broker))


def test_settings_that_are_missing_end_the_worker() -> None:
    with worker("", "", "tillstream") as process:
        status = process.wait(20)

    assert status == EX_CONFIG
