"""A customer is taken out of everything that is kept, and no total moves."""

import signal
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from os import urandom
from typing import Any

import bson
import msgspec
import pytest
import zstandard

from analytics.counting.decoding import read_columns
from analytics.verify.archive import ArchiveReader
from persistence.dead_letters.store import LARGEST_BODY, DeadLetters, Letter
from persistence.erasure import erase
from tests.support.filled_archive import STORES, Kept, killed_at
from tests.support.ledgers import recount_in_memory
from tests.support.receipts import receipt, stamped
from tillstream.codec import JSON
from tillstream.log.reader import LogMessage

AT_ONCE = "import persistence.erasure.erase as erase\nerase.SETTLE_SECONDS = 0\n"

CUSTOMER = "C-4711"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests write nothing beside an erasure: there is nothing to wait for."""
    monkeypatch.setattr(erase, "SETTLE_SECONDS", 0)


def sold(number: int, customer: str | int | None, /, **changes: Any) -> bytes:
    """A receipt of a till that also sends a name."""
    extra = {"customerName": "Marie Curie"} if customer == CUSTOMER else {}
    day = "2025-11-10" if number % 2 else "2025-11-11"
    fields = receipt(
        number, cents=number, customerID=customer, date=f"{day} 09:00:01", storeID=number % 3
    )
    return stamped(fields | extra | changes, received_time=1_763_000_000 + number)


def named(kept: Kept) -> dict[str, int]:
    """How many documents of each collection, and rows of the files, name the customer."""
    found = {
        collection: sum(
            any(name in bson.encode(each) for name in (CUSTOMER.encode(), b"Marie"))
            for each in kept.database[collection].find()
        )
        for collection in sorted(kept.database.list_collection_names())
    }
    rows = kept.ask(f"SELECT count(*) FROM receipts WHERE customer = '{CUSTOMER}'")  # noqa: S608
    return {name: number for name, number in found.items() if number} | (
        {"rows": int(str(rows[0][0]))} if rows[0][0] else {}
    )


def audits(kept: Kept) -> list[Mapping[str, Any]]:
    return list(kept.database.audit.find({}, sort=[("_id", 1)]))


def test_an_erased_customer_is_nowhere_and_does_not_come_back(kept: Kept) -> None:
    log = [sold(number, CUSTOMER if number % 4 == 0 else 42) for number in range(1, 21)]
    other_content = sold(4, CUSTOMER, settlements=[])
    never_stored = sold(40, CUSTOMER)
    kept.store([*log, other_content])
    lines = b"\n".join([sold(90, CUSTOMER), sold(91, 42)])
    kept.database.dead_letters.insert_many(
        [
            {"body": b'{"storeID": 1, "customerID" : "C-4711", "lines": [', "headers": {"x": 1}},
            {"body": zstandard.compress(lines), "reason": 'at "customerID":"C-4711"'},
            {"body": b'{"customerID": "C-47110"}'},
        ]
    )
    large = Letter(b'{"customerID": "C-4711"}' + urandom(LARGEST_BODY), "", None, None, {})
    DeadLetters(kept.database).keep(large, datetime.now(UTC))
    kept.export()
    before = (kept.sums_in_mongo(), kept.ask("SELECT sum(gross), count(*) FROM receipts"))

    said = kept.run("erase-customer", CUSTOMER).stdout

    assert (
        "erased the customer from 5 receipts, 1 conflicts, 3 dead letters and 1 days of Parquet"
        " files\nevery total is as it was: 10 receipts of 1 days\n"
    ) == said[: said.index("audit")]
    assert before == (
        kept.sums_in_mongo(),
        kept.ask("SELECT sum(gross), count(*) FROM receipts"),
    )
    # Of a customer whose name only begins alike, nothing was touched.
    assert {"dead_letters": 1} == named(kept)

    # What comes again: from the log, from a till; and what the log alone had.
    again = kept.store([*log, other_content, never_stored])
    retried = [msgspec.json.decode(body) | {"receivedTime": time.time() + 60} for body in log]
    from_tills = kept.store([msgspec.json.encode(each) for each in retried])

    assert [(1, 21, 0), (0, 20, 0)] == [
        (len(each.stored), each.duplicates, each.conflicts) for each in (again, from_tills)
    ]
    assert {"dead_letters": 1} == named(kept)

    # A ledger of the archive meets the log again.
    ledger = recount_in_memory()
    of_log = [LogMessage(place, body, JSON) for place, body in enumerate(log)]
    archive = ArchiveReader(kept.client, kept.name)
    for messages in (*archive.messages(), *archive.conflicts(), of_log):
        ledger.count(messages, read_columns(messages, STORES))

    assert (21, 20, 1) == (
        ledger.identities.count,
        ledger.counter.duplicates,
        ledger.counter.conflicts,
    )

    # A purchase after the erasure is new business.
    kept.store([stamped(receipt(99, customerID=CUSTOMER), received_time=time.time() + 60)])

    assert {"dead_letters": 1, "receipts": 1, "rows": 1} == named(kept)


def test_an_erasure_that_is_killed_is_finished_by_the_next_run(kept: Kept) -> None:
    kept.store([sold(number, CUSTOMER) for number in range(1, 501)])
    kept.export()
    before = kept.sums_in_mongo()
    points = [
        # In the third write, with two done.
        ("persistence.erasure.mongo.Collections", "_write", 3),
        # The second day's file is written, and does not count.
        ("persistence.parquet.storage.Storage", "commit", 2),
        ("persistence.erasure.audit.Record", "close", 1),
    ]

    killed, states = [], []
    for point in points:
        patch = AT_ONCE + killed_at(*point)
        killed.append(kept.kill("erase-customer", CUSTOMER, patch=patch))
        states.append((before == kept.sums_in_mongo(), audits(kept)[0]["state"]))
    kept.run("erase-customer", CUSTOMER)
    kept.run("erase-customer", CUSTOMER)

    assert [-signal.SIGKILL] * len(points) == killed
    assert [(True, "running")] * len(points) == states
    first, second = audits(kept)
    days = ["2025-11-10", "2025-11-11"]
    assert ("done", {"receipts": 500, "conflicts": 0, "deadLetters": 0}, days) == (
        first["state"],
        first["erased"],
        first["days"],
    )
    assert first["before"] == first["after"]
    assert days == sorted(first["before"])
    # Nothing was left for the last run, which says so.
    assert ("done", {"receipts": 0, "conflicts": 0, "deadLetters": 0}, []) == (
        second["state"],
        second["erased"],
        second["days"],
    )
    assert ({}, before) == (named(kept), kept.sums_in_mongo())
    assert [(500, 500)] == kept.ask("SELECT count(*), count(DISTINCT key) FROM receipts")
    assert sorted([*kept.storage.manifest().files(), "manifest.json"]) == kept.files()
