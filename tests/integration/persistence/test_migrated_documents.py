"""Documents of earlier versions are brought to today's layout, and none is lost on the way."""

from typing import Any

from persistence.writer.archive_writer import ArchiveWriter, connect
from persistence.writer.documents import conflict
from persistence.writer.entries import entry
from tests.support.filled_archive import STORES
from tests.support.persistence_room import archive
from tests.support.receipts import receipt, stamped
from tillstream.archive import raw_bytes
from tillstream.clock import utc
from tillstream.earlier_keys import earlier_key

#: When they were stored, Unix seconds.
AT = 1_795_000_001
UUID = "6f9619ff8b86d011b42d00c04fc964ff"


def stored(number: int, **fields: Any) -> dict[str, Any]:
    made = entry(stamped(receipt(number, **fields)), STORES).document()
    return made | {"storedAt": utc(AT)}


def as_before(document: dict[str, Any], key: str = "") -> dict[str, Any]:
    """As version 2 had it."""
    seconds = document["utcOffsetSeconds"]
    kept = {name: each for name, each in document.items() if name != "utcOffsetSeconds"}
    return kept | {"_id": key or earlier_key(document["_id"]), "utcOffsetMinutes": seconds // 60}


def test_a_migration_gives_seconds_and_stores_and_loses_nothing(
    mongo_database: str, mongo_url: str
) -> None:
    printed = stored(1, date="2026-11-21T08:00:01-01:30")
    by_uuid = stored(2, storeID="A/B", receiptUUID=UUID)
    named_so = stored(3, storeID="uuid")
    other = conflict(f"2026-11-21/2/uuid/{UUID}", stamped(receipt(9, storeID=2, receiptUUID=UUID)))
    digest = other["_id"].partition("#")[2]
    before = other | {"_id": f"uuid/{UUID}#{digest}", "key": f"uuid/{UUID}"}
    damaged = {"_id": "uuid/#00", "key": "uuid/", "raw": "no receipt"}
    with archive(mongo_url, mongo_database) as database:
        database.receipts.insert_many(
            [
                as_before(printed),
                as_before(by_uuid, f"uuid/{UUID}"),
                as_before(named_so),
            ]
        )
        database.conflicts.insert_many([before, damaged])
        database["schema"].insert_one({"_id": "schema", "version": 2})
        with connect(mongo_url) as client:
            done = [
                ArchiveWriter(client, mongo_database, STORES, lambda: AT).prepare()
                for _ in range(2)
            ]
        receipts = list(database.receipts.find())
        conflicts = list(database.conflicts.find())

    assert [True, False] == done
    # With its store it is no conflict any more, but a receipt that no other has the key of.
    alone = stored(9, storeID=2, receiptUUID=UUID)
    expected = {each["_id"]: each for each in (printed, by_uuid, named_so, alone)}
    assert expected == {each["_id"]: each for each in receipts}
    # One that does not say its store stays as it is.
    assert {"uuid/#00": damaged} == {each["_id"]: each for each in conflicts}
    assert f"2026-11-21/A%2FB/uuid/{UUID}" in expected


def test_documents_of_version_3_move_to_keys_that_begin_with_their_day(
    mongo_database: str, mongo_url: str
) -> None:
    """What is not made of the receipt stays: when it was stored, and when it was erased."""
    erased = stored(1, date="2026-11-20T08:00:01+01:00") | {"erasedAt": utc(AT + 60)}
    by_uuid = stored(2, storeID="2026-11-21", receiptUUID=UUID)
    # Killed before: the first is there under its key of today as well.
    both = stored(3, storeID="9")
    today = stored(4, storeID="10")
    # Of one UUID, it was a conflict: of another day, it is a receipt.
    same = stored(5, storeID="9", receiptUUID=UUID, date="2026-11-21 23:59:59")
    after_midnight = stamped(receipt(5, storeID="9", receiptUUID=UUID, date="2026-11-22 00:00:01"))
    other = conflict(earlier_key(both["_id"]), stamped(receipt(3, storeID="9", cents=7)))
    with archive(mongo_url, mongo_database) as database:
        database.receipts.insert_many([both, today])
        database.receipts.insert_many(
            each | {"_id": earlier_key(each["_id"])} for each in (erased, by_uuid, both, same)
        )
        database.conflicts.insert_many([conflict(f"9/uuid/{UUID}", after_midnight), other])
        database["schema"].insert_one({"_id": "schema", "version": 3})
        with connect(mongo_url) as client:
            ArchiveWriter(client, mongo_database, STORES, lambda: AT).prepare()
        receipts = list(database.receipts.find())
        conflicts = list(database.conflicts.find())

    alone = entry(after_midnight, STORES).document() | {"storedAt": utc(AT)}
    expected = (erased, by_uuid, both, today, same, alone)
    assert {each["_id"]: each for each in expected} == {each["_id"]: each for each in receipts}
    assert [conflict(both["_id"], raw_bytes(other))] == conflicts
    assert f"2026-11-22/9/uuid/{UUID}" == alone["_id"]
