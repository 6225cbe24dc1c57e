"""Days leave MongoDB whole, proved, once; what comes for them afterwards is counted once."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from persistence.parquet.lease import ArchiveBusyError
from persistence.parquet.query import QueryError
from persistence.parquet.source import Source
from persistence.tiers import job
from persistence.tiers.job import Ended, run_once
from persistence.tiers.settings import TiersSettings
from tests.support.filled_archive import Kept, killed_at
from tests.support.processes import running
from tests.support.receipts import receipt, stamped
from tests.support.waiting import wait_until
from tillstream.bounds import AMOUNT_LIMIT
from tillstream.clock import utc

DAY, LATER = "2025-11-10", "2025-11-11"
QUESTION = "SELECT count(*), count(DISTINCT key), sum(gross) FROM receipts"


def body(number: int, *, cents: int | None = None, day: str = DAY, **fields: object) -> bytes:
    """A receipt of so many cents, its own number if none are given."""
    cents = number if cents is None else cents
    return stamped(
        receipt(number, cents=cents, storeID=number % 3, date=f"{day} 09:00:01", **fields)
    )


def bodies(numbers: Sequence[int], day: str = DAY) -> list[bytes]:
    return [body(number, day=day) for number in numbers]


def move(kept: Kept, days: int = 1, **settings: Any) -> Ended:
    """One run that keeps `days` closed days in MongoDB."""
    wanted = TiersSettings(
        mongo_url=kept.mongo_url,
        mongo_database=kept.name,
        data_dir=kept.data_dir,
        receipts_retention_days=days,
        **settings,
    )
    return run_once(wanted, time.time, threading.Event())


def in_mongo(kept: Kept) -> int:
    return kept.database.receipts.count_documents({})


def test_a_day_leaves_mongodb_once_it_is_in_a_file_and_every_answer_stays(kept: Kept) -> None:
    kept.store(bodies(range(1, 11)) + bodies(range(1, 4), "2099-01-01"))
    before = kept.ask(QUESTION)

    ended = [move(kept, days=0), move(kept), move(kept)]

    assert [10, 0, 0] == [each.counts.exported_receipts for each in ended]
    assert [0, 10, 0] == [each.counts.dropped_receipts for each in ended]
    assert ["done"] * 3 == [each.result for each in ended]
    # The open day stays.
    assert (3, before) == (in_mongo(kept), kept.ask(QUESTION))


@pytest.mark.parametrize(
    ("owner", "method", "call"),
    [
        ("persistence.parquet.writing.Writing", "put", 1),
        ("persistence.parquet.writing.Writing", "commit", 1),
        ("persistence.tiers.compared.Compared", "duplicates", 1),
        ("persistence.parquet.writing.Writing", "note_dropped", 1),
        ("pymongo.collection.Collection", "delete_many", 1),
        ("pymongo.collection.Collection", "delete_many", 2),
        ("persistence.tiers.last_run.LastRun", "end", 1),
    ],
)
def test_a_run_that_is_killed_at_any_step_is_gone_on_with(
    kept: Kept, owner: str, method: str, call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.store(bodies(range(1, 11)))
    before = kept.ask(QUESTION)
    monkeypatch.setenv("RECEIPTS_RETENTION_DAYS", "1")
    patch = "import persistence.tiers.compared as compared\ncompared.BATCH = 3\n"

    status = kept.kill("tiers", "--once", patch=patch + killed_at(owner, method, call))
    amid = kept.ask(QUESTION)
    kept.store(bodies([11]))
    ended = move(kept)

    assert (-signal.SIGKILL, before) == (status, amid)
    assert ("done", 0) == (ended.result, in_mongo(kept))
    assert [(11, 11, Decimal("0.66"))] == kept.ask(QUESTION)


def test_what_comes_again_after_its_day_moved_is_a_duplicate_or_a_conflict(kept: Kept) -> None:
    kept.store(bodies(range(1, 11)))
    move(kept)

    kept.store([body(1), body(2, cents=99), body(12)])
    between = kept.ask(QUESTION)
    ended = [move(kept), move(kept)]

    counts = ended[0].counts
    assert (1, 1, 3, 1) == (
        counts.duplicates,
        counts.conflicts,
        counts.dropped_receipts,
        counts.exported_receipts,
    )
    [conflict] = kept.database.conflicts.find()
    assert f"{DAY} 09:00:01/2/1/2" == conflict["key"]
    assert [(11, 11, Decimal("0.67"))] * 2 == between + kept.ask(QUESTION)
    assert ("done", 0, 0) == (ended[1].result, ended[1].counts.dropped_receipts, in_mongo(kept))


def test_as_many_that_come_again_as_a_moved_day_has_hold_nothing_back(kept: Kept) -> None:
    kept.store(bodies([1]))
    move(kept)

    kept.store([body(1, cents=7)])
    ended = move(kept)

    assert ("done", 1, 0) == (ended.result, ended.counts.conflicts, in_mongo(kept))
    assert [(1, 1, Decimal("0.01"))] == kept.ask(QUESTION)


def test_a_receipt_of_an_erased_customer_that_comes_again_is_a_duplicate(kept: Kept) -> None:
    kept.store([body(1, customerID="C-1"), body(2)])
    move(kept)
    kept.run("erase-customer", "C-1")

    kept.store([body(1, customerID="C-1", receivedTime=time.time() + 60)])
    ended = move(kept)

    assert (1, 0) == (ended.counts.duplicates, ended.counts.conflicts)
    assert (0, 0) == (in_mongo(kept), kept.database.conflicts.count_documents({}))
    assert [(None,)] == kept.ask("SELECT customer FROM receipts WHERE number = '1'")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"$inc": {"grossMinor": 1}}, "its documents have"),
        ({"$set": {"raw": "no receipt"}}, "1 unreadable"),
        ({"$set": {"agent": "x", "raw": body(1, agentID="x").decode()}}, "not as the file has"),
    ],
)
def test_a_day_that_the_files_do_not_have_as_it_is_stays(
    kept: Kept, change: dict[str, Any], said: str
) -> None:
    kept.store(bodies(range(1, 4)) + bodies(range(1, 4), LATER))
    move(kept, days=0)
    kept.database.receipts.update_one({"businessDay": DAY, "number": "1"}, change)

    ended = move(kept)

    held = [each for each in ended.held if each.day == DAY]
    assert ("held", 1, 3) == (ended.result, ended.counts.dropped_days, in_mongo(kept))
    assert [True] == [said in each.reason for each in held]
    last = kept.database.tiers.find_one({"_id": "last"})
    assert last is not None
    assert ("held", DAY) == (last["result"], last["held"][-1]["day"])


def test_a_file_that_is_gone_or_short_keeps_its_day_in_mongodb(kept: Kept) -> None:
    kept.store(bodies(range(1, 4)) + bodies(range(1, 4), LATER))
    move(kept, days=0)
    manifest = kept.storage.manifest()
    days = [date.fromisoformat(day) for day in (DAY, LATER)]
    files = [kept.data_dir / "parquet" / manifest.days[day].file for day in days]
    kept.store(bodies([4, 5]))
    kept.export()
    short = kept.data_dir / "parquet" / kept.storage.manifest().days[days[0]].file
    kept.database.receipts.delete_many({"number": {"$in": ["4", "5"]}})
    short.write_bytes(files[1].read_bytes())
    files[1].unlink()

    ended = move(kept)

    assert (6, 0) == (in_mongo(kept), ended.counts.dropped_receipts)
    said = {each.day: each.reason for each in ended.held}
    assert "its file has" in said[DAY]
    assert "its file cannot be read" in said[LATER]


def test_extreme_fields_are_the_same_after_the_move(kept: Kept) -> None:
    most = 2**63 - 1
    big = float(AMOUNT_LIMIT)
    total = {"netTotal": -big, "taxPayable": 0.005, "grossTotal": big}
    kept.store(
        [
            body(most, cents=1, terminalID=most, customerID="é" * 64, documentTotal=total),
            body(2, transactionType="", receiptUUID="6f9619ff-8b86-d011-b42d-00c04fc964ff"),
            stamped(receipt(3, storeID="A/B é'", date=f"{DAY}T23:59:59.999-12:00")),
            stamped(receipt(4, date=f"{DAY}T00:00:00+14:00")),
        ]
    )
    question = "SELECT * FROM receipts ORDER BY key"
    before = kept.ask(question)

    ended = move(kept)

    assert ("done", 0) == (ended.result, in_mongo(kept))
    assert before == kept.ask(question)


def test_a_key_counts_once_also_when_its_store_keeps_another_calendar_since(kept: Kept) -> None:
    kept.store(bodies(range(1, 4)))
    move(kept)
    kept.store(bodies([1]))
    kept.database.receipts.update_many({}, {"$set": {"businessDay": "2025-11-09"}})

    between = kept.ask(QUESTION)
    ended = move(kept)

    assert [(3, 3, Decimal("0.06"))] * 2 == between + kept.ask(QUESTION)
    assert ["it is in no file"] == [each.reason for each in ended.held]


def test_a_question_during_which_a_new_day_is_moved_is_to_be_asked_again(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.store(bodies(range(1, 4)))
    read = Source.beside

    def beside(source: Source, days: Iterable[date], since: datetime | None) -> Iterator[bytes]:
        move(kept)
        return read(source, days, since)

    with monkeypatch.context() as amid:
        amid.setattr(Source, "beside", beside)
        with pytest.raises(QueryError, match="moved meanwhile; ask again"):
            kept.ask(QUESTION)

    assert [(3, 3, Decimal("0.06"))] == kept.ask(QUESTION)


def test_a_sealed_chain_has_each_day_before_it_leaves(kept: Kept) -> None:
    kept.store(bodies(range(1, 4)))
    kept.run("seal")
    kept.store(bodies(range(1, 4), LATER))

    ended = move(kept)

    assert ("done", 0) == (ended.result, in_mongo(kept))
    assert {DAY: 3, LATER: 3} == {
        each["_id"]: each["receipts"]
        for each in kept.database.seals.aggregate(
            [{"$group": {"_id": "$businessDay", "receipts": {"$sum": "$count"}}}]
        )
    }


def test_without_the_key_of_signed_seals_what_is_not_sealed_stays(kept: Kept) -> None:
    key = "k" * 32
    kept.store(bodies(range(1, 4)))
    kept.run("seal", SEAL_KEY=key)
    kept.store(bodies(range(1, 4), LATER))

    # An unsigned seal would end the chain of signed ones.
    unsigned = kept.run("seal")
    assert (78, "SEAL_KEY is not set" in unsigned.stderr) == (unsigned.returncode, True)
    ended = [move(kept), move(kept, seal_key=key)]

    assert [(LATER, "3 of its receipts are not sealed")] == [
        (each.day, each.reason.partition(":")[0]) for each in ended[0].held
    ]
    assert [3, 3] == [each.counts.dropped_receipts for each in ended]


def test_two_runs_at_once_are_one(kept: Kept) -> None:
    kept.store(bodies([1]))
    elsewhere = {"holder": {"host": "elsewhere", "pid": 7}, "until": utc(time.time() + 300)}
    kept.database.leases.insert_one({"_id": "parquet", **elsewhere})

    with pytest.raises(ArchiveBusyError):
        move(kept)

    assert 1 == in_mongo(kept)


def test_a_run_whose_time_is_over_leaves_the_rest_for_the_next(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.store(bodies([1]))

    with monkeypatch.context() as short:
        short.setattr(job, "LIMIT_SECONDS", 0)
        over = move(kept)
    ended = move(kept)

    assert [("limit", 0), ("done", 1)] == [
        (each.result, each.counts.dropped_receipts) for each in (over, ended)
    ]


def test_the_command_says_what_it_did_and_an_operator_finds_it(kept: Kept) -> None:
    kept.store(bodies(range(1, 4)))

    said = kept.run("tiers", "--once", RECEIPTS_RETENTION_DAYS="1")

    last = kept.database.tiers.find_one({"_id": "last"})
    assert last is not None
    assert (0, "done") == (said.returncode, said.stdout.partition(":")[0])
    assert {"result": "done", "exportedReceipts": 3, "droppedReceipts": 3, "heldDays": 0} == {
        name: last[name] for name in ("result", "exportedReceipts", "droppedReceipts", "heldDays")
    }


def test_the_process_makes_up_a_run_at_its_start_and_then_waits(kept: Kept) -> None:
    kept.store(bodies(range(1, 4)))

    with running("persistence", "tiers", RECEIPTS_RETENTION_DAYS="1", **kept.environ) as process:
        wait_until(
            lambda: kept.database.tiers.find_one({"_id": "last", "result": "done"}), 30, "a run"
        )
        waiting = process.poll()
        process.terminate()
        status = process.wait(10)

    assert (None, 0, 0) == (waiting, status, in_mongo(kept))
    # Neither DuckDB nor Arrow is carried by what waits.
    names = ["persistence.tiers.command", "persistence.tiers.schedule"]
    program = f"import sys; import {', '.join(names)}; print('duckdb' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert "False\n" == said.stdout
