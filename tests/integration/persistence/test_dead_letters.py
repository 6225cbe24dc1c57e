"""Dead letters: kept once, shown, sent again after a fix; and how the database is prepared."""

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pymongo.database import Database
from pymongo.errors import WriteError

from persistence.dead_letters.consumer import drain_letters
from persistence.dead_letters.store import LARGEST_BODY, DeadLetters, Letter
from persistence.schema import VERSION, NewerSchemaError, migrate
from persistence.settings import RetentionSettings
from tests.support.commands import Said, command
from tests.support.persistence_room import (
    archive,
    kept_letters,
    publish,
    receipts_of,
    wait_for_count,
    worker,
)
from tests.support.waiting import wait_until
from tillstream import topology

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


def run(*arguments: str, **environ: str) -> Said:
    return command("persistence", *arguments, **environ)


def letter(body: bytes) -> Letter:
    return Letter(body, "MongoDB: too large", "application/json", None, {"$x.y": "1", "_id": "2"})


def test_a_letter_is_listed_shown_replayed_after_a_fix_and_dropped(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    settings = {"AMQP_URL": amqp_url, "MONGO_URL": mongo_url, "MONGO_DATABASE": mongo_database}
    [bad] = receipts_of([2])
    with archive(mongo_url, mongo_database) as database:
        migrate(database, RetentionSettings(), no_documents)
        database.command("collMod", "receipts", validator={"grossMinor": 1})
        publish(broker, [bad])
        with worker(amqp_url, mongo_url, mongo_database):
            kept_letters(database, 1)
            once = run("dead-letters", "replay", "--all", **settings)
            # Not mended yet: it comes back.
            wait_until(
                lambda: "failed    MongoDB" in run("dead-letters", "list", **settings).stdout,
                20,
                "the letter",
            )
            twice = run("dead-letters", "list", **settings)
            database.command("collMod", "receipts", validator={})
            mended = [run("dead-letters", "replay", "--all", **settings) for _ in range(2)]
            wait_for_count(database, 1)
        [document] = database.dead_letters.find()
        shown = run("dead-letters", "show", document["_id"][:8], **settings)
        raw = run("dead-letters", "show", document["_id"], "--raw", **settings)
        missing = run("dead-letters", "show", "0" * 32, **settings)
        dropped = run("dead-letters", "drop", document["_id"][:12], **settings)
        left = database.dead_letters.count_documents({}), database.receipts.count_documents({})

    assert "sent 1 letters again" in once.stdout
    assert "MongoDB: Document failed validation" in twice.stdout
    assert [1, 0] == [int(each.stdout.split()[1]) for each in mended]
    assert ("reason    MongoDB: Document failed validation", True) == (
        shown.stdout.splitlines()[1],
        bad.decode() in shown.stdout,
    )
    assert bad.decode() == raw.stdout
    assert (1, True) == (missing.returncode, "no letter has an id that begins" in missing.stderr)
    assert (0, (0, 1)) == (dropped.returncode, left)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\xff\x00 no receipt", id="small"),
        pytest.param(b"a" * (LARGEST_BODY + 1), id="large, packed"),
        pytest.param(os.urandom(LARGEST_BODY) * 2, id="16 MiB that do not pack below the limit"),
    ],
)
def test_a_letter_of_any_size_is_kept_once_byte_for_byte(
    mongo_database: str, mongo_url: str, body: bytes
) -> None:
    with archive(mongo_url, mongo_database) as database:
        letters = DeadLetters(database)
        for _ in range(2):
            letters.keep(letter(body), NOW)
        [document] = letters.all()
        actual = letters.letter(letters.find(document["_id"]))
        letters.drop(document["_id"])
        left = list(letters.all()), database["dead_letters.files"].count_documents({})

    assert letter(body) == actual
    assert ([], 0) == left


def test_the_body_of_a_letter_that_mongodb_dropped_by_its_age_goes_too(
    mongo_database: str, mongo_url: str
) -> None:
    with archive(mongo_url, mongo_database) as database:
        letters = DeadLetters(database)
        for _ in range(2):
            letters.keep(letter(os.urandom(LARGEST_BODY + 1)), NOW)
        [dropped, kept] = letters.all()
        database.dead_letters.delete_one({"_id": dropped["_id"]})
        chunks, left = database["dead_letters.chunks"], []
        for later in (timedelta(0), timedelta(hours=2)):
            letters.sweep(datetime.now(UTC) + later)
            left.append(chunks.distinct("files_id"))
        [body] = database["dead_letters.files"].find()

    assert ([2, 1], kept["_id"]) == ([len(each) for each in left], body["filename"])


def test_what_waits_on_the_queue_is_drained_and_what_is_left_is_counted(
    broker: BlockingConnection, mongo_database: str, mongo_url: str
) -> None:
    with broker.channel() as channel:
        channel.confirm_delivery()
        for number in range(3):
            channel.basic_publish("", topology.DEAD_LETTERS, b"no receipt %d" % number)
    with archive(mongo_url, mongo_database) as database:
        drain = partial(drain_letters, DeadLetters(database), NOW.timestamp, broker)
        left = [drain(Event(), seconds) for seconds in (0, 10, 0)]
        kept = {each["body"] for each in database.dead_letters.find()}

    assert ([3, 0, 0], {b"no receipt 0", b"no receipt 1", b"no receipt 2"}) == (left, kept)


def prepared(database: Database[dict[str, Any]]) -> dict[str, Any]:
    return {
        name: database[name].index_information()
        for name in ("receipts", "conflicts", "dead_letters")
    }


def no_documents() -> None:
    """There are none of an earlier version."""


def test_a_migration_is_done_once_and_follows_the_settings(
    mongo_database: str, mongo_url: str
) -> None:
    with archive(mongo_url, mongo_database) as database:
        for_ever, for_days = RetentionSettings(), RetentionSettings(conflicts_retention_days=30)
        first = migrate(database, for_ever, no_documents), prepared(database)
        done = [migrate(database, each, no_documents) for each in (for_ever, for_days, for_days)]
        [retention] = [
            each["expireAfterSeconds"]
            for each in prepared(database)["conflicts"].values()
            if "expireAfterSeconds" in each
        ]
        back = migrate(database, for_ever, no_documents), prepared(database)
        database["schema"].update_one({}, {"$set": {"version": VERSION + 1}})
        with pytest.raises(NewerSchemaError, match="use a newer Tillstream"):
            migrate(database, for_ever, no_documents)

    assert (first, [False, True, False], 30 * 86_400) == (back, done, retention)


def test_receipts_are_dropped_by_no_index_also_where_an_earlier_version_made_one(
    mongo_database: str, mongo_url: str
) -> None:
    settings = RetentionSettings(receipts_retention_days=30)
    with archive(mongo_url, mongo_database) as database:
        database.receipts.create_index(
            "receivedAt", name="retention", expireAfterSeconds=30 * 86_400
        )
        database["schema"].insert_one({"_id": "schema", "version": 4})
        done = migrate(database, settings, no_documents)
        indexes = prepared(database)["receipts"].values()

    assert (True, []) == (done, [each for each in indexes if "expireAfterSeconds" in each])


def test_a_document_that_is_no_receipt_of_ours_is_refused(
    mongo_database: str, mongo_url: str
) -> None:
    with archive(mongo_url, mongo_database) as database:
        migrate(database, RetentionSettings(), no_documents)
        with pytest.raises(WriteError, match="Document failed validation"):
            database.receipts.insert_one({"_id": "1/1/1", "grossMinor": 6.0})
