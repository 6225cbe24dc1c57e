"""What only the archive has, as the broker was killed before its log had it: named, and mended."""

from threading import Event

import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.books import Books, post, today
from tests.support.commands import command
from tests.support.receipts import stamped
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.archive import CONFLICTS, PROOFS
from tillstream.codec import decode_receipt, receipt_bodies
from tillstream.log.partitioned_log import receipts_log
from tillstream.log.positions import partition_of
from tillstream.receipt_message import partition_of_store

JSON = pika.BasicProperties(content_type="application/json", delivery_mode=2)


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"LOG_PARTITIONS": "3"}


def test_what_only_the_archive_has_is_named_and_brought_to_the_log_once(
    broker: BlockingConnection, books: Books
) -> None:
    accepted = today(1)
    post(books, accepted)
    alone = [today(number, storeID=number) for number in (2, 3, 4)]
    conflict = accepted | {"agentID": 9}
    with broker.channel() as channel:
        channel.confirm_delivery()
        for fields in (*alone, conflict):
            channel.basic_publish("", topology.PERSISTENCE_QUEUE, stamped(fields), JSON)
    conflicts = books.archive.database[CONFLICTS]
    wait_until(
        lambda: (4, 1) == (books.archive.count_documents({}), conflicts.count_documents({})),
        30,
        "the archive has all",
    )
    day = accepted["date"][:10]

    status, report = books.verify()
    told = books.command("verify").stdout
    kept = books.archive.database[PROOFS].find_one()["named"]
    refilled = [
        command("persistence", "refill", "--day", day, **books.environ).stdout for _ in range(2)
    ]
    books.counted(4)
    mended, after = books.verify()

    assert (1, 3, 0, 0) == (
        status,
        report["archived_alone"],
        report["lost"],
        report["double_counted"],
    )
    assert [(str(each["storeID"]), day) for each in alone] == [
        (one["store"], one["day"]) for one in report["alone"]
    ]
    for each in report["alone"]:
        assert f"in the archive alone: key {each['key']!r}, day {day}" in told
    assert f"tillstream refill --day {day}" in told
    assert 3 == sum(each["what"] == "archive: not in the log" for each in kept)
    assert "DIFFER" in told
    assert told.splitlines()[-1].endswith("lost 0, double-counted 0, in the archive alone 3")
    assert [
        "brought to the log 3 receipts, 1 conflicts",
        "brought to the log 0 receipts, 0 conflicts",
    ] == [each.splitlines()[-1] for each in refilled]
    assert (0, 5, 4, 4, 1, 0, 0) == (
        mended,
        *(after[name] for name in ("accepted", "stored", "counted", "conflicts", "duplicates")),
        after["archived_alone"],
    )
    log = receipts_log(books.environ["AMQP_URL"])
    found = {
        (partition_of(one.offset), decode_receipt(line).store_id)
        for some in log.read(Event(), log.last_offsets())
        for one in some
        for line in receipt_bodies(one.body, one.content_type, one.content_encoding)
    }
    assert {(partition_of_store(str(store), 3), store) for store in (2, 3, 4)} <= found


def test_bytes_that_are_another_receipt_are_not_brought_to_the_log(
    broker: BlockingConnection, books: Books
) -> None:
    accepted = today(1)
    post(books, accepted)
    books.counted(1)
    wait_until(lambda: books.archive.count_documents({}) == 1, 30, "the archive has it")
    day = accepted["date"][:10]
    forged = f"{day} 08:00:01/1/1/999"
    books.archive.insert_one(books.archive.find_one({}) | {"_id": forged})
    with broker.channel() as channel:
        channel.basic_publish("", topology.PERSISTENCE_QUEUE, stamped(today(2)), JSON)
    wait_until(lambda: books.archive.count_documents({}) == 3, 30, "the archive has the second")

    refilled = command("persistence", "refill", "--day", day, **books.environ)
    books.counted(2)
    status, report = books.verify()

    assert (1, "brought to the log 1 receipts, 0 conflicts") == (
        refilled.returncode,
        refilled.stdout.splitlines()[1],
    )
    assert f"not brought to the log: '{forged}'" in refilled.stdout
    assert (1, 2, 1) == (status, report["accepted"], report["archived_alone"])
