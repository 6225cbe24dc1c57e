"""Documents of earlier versions are brought to today's layout, and none is lost on the way."""

from typing import Any

from persistence.writer.archive_writer import ArchiveWriter, connect
from persistence.writer.documents import conflict
from persistence.writer.entries import entry
from tests.support.filled_archive import STORES
from tests.support.persistence_room import archive
from tests.support.receipts import receipt, stamped
from tillstream.clock import utc

#: When they were stored, Unix seconds.
AT = 1_795_000_001
UUID = "6f9619ff8b86d011b42d00c04fc964ff"


def stored(number: int, **fields: Any) -> dict[str, Any]:
    made = entry(stamped(receipt(number, **fields)), STORES).document()
    return made | {"storedAt": utc(AT)}


def as_before(document: dict[str, Any], key: str) -> dict[str, Any]:
    """As version 2 had it."""
    seconds = document["utcOffsetSeconds"]
    kept = {name: each for name, each in document.items() if name != "utcOffsetSeconds"}
    return kept | {"_id": key, "utcOffsetMinutes": seconds // 60}


def test_a_migration_gives_seconds_and_stores_and_loses_nothing(
    mongo_database: str, mongo_url: str
) -> None:
    printed = stored(1, date="2026-11-21T08:00:01-01:30")
    by_uuid = stored(2, storeID="A/B", receiptUUID=UUID)
    named_so = stored(3, storeID="uuid")
    other = conflict(f"2/uuid/{UUID}", stamped(receipt(9, storeID=2, receiptUUID=UUID)))
    digest = other["_id"].partition("#")[2]
    before = other | {"_id": f"uuid/{UUID}#{digest}", "key": f"uuid/{UUID}"}
    damaged = {"_id": "uuid/#00", "key": "uuid/", "raw": "no receipt"}
    with archive(mongo_url, mongo_database) as database:
        database.receipts.insert_many(
            [
                as_before(printed, printed["_id"]),
                as_before(by_uuid, f"uuid/{UUID}"),
                as_before(named_so, named_so["_id"]),
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
    assert f"A%2FB/uuid/{UUID}" in expected
