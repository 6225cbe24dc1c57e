"""The analytic archive: exact, whole, never twice, and open to nothing but questions."""

import os
import random
import signal
import socket
import time
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from msgspec.structs import replace

from analytics.counting.decoding import read_columns
from analytics.counting.folds import by_key
from persistence.parquet.lease import ArchiveBusyError, held
from persistence.parquet.query import QueryError
from persistence.parquet.storage import Storage
from tests.support.filled_archive import STORES, Kept, killed_at
from tests.support.ledgers import recount_in_memory, totals_by_day
from tests.support.receipts import CATEGORIES, line, receipt, stamped
from tillstream.clock import utc
from tillstream.codec import JSON
from tillstream.earlier_keys import earlier_key
from tillstream.log.reader import LogMessage
from tillstream.parquet_manifest import LAYOUT, TODAYS_KEYS, Totals

#: What an answer that is refused says, the more particular before.
PARTS = (
    "Table with name storage does not exist",
    "Cannot access file",
    "this has SELECT, DROP",
    "this has SET",
    "one SELECT is answered at a time",
)

STORAGE = "persistence.parquet.storage.Storage"


def receipts_of(day: str, numbers: range, **changes: object) -> list[bytes]:
    """Receipts of three stores, of n cents each."""
    return [
        stamped(
            receipt(number, cents=number, storeID=number % 3, date=f"{day} 09:00:01", **changes)
        )
        for number in numbers
    ]


def test_the_sums_of_the_files_are_those_of_mongodb_and_of_the_ledger(kept: Kept) -> None:
    chance = random.Random(13)
    bodies = []
    for number in range(600):
        lines = [
            line(chance.randint(-5_000, 90_000), chance.choice(CATEGORIES), chance.random())
            for _ in range(chance.randint(1, 4))
        ]
        # As a till adds: with the noise of binary floats.
        gross = sum(each["settlementAmount"] for each in lines)
        day = chance.randint(10, 14)
        bodies.append(
            stamped(
                receipt(
                    number,
                    storeID=chance.randint(1, 5),
                    date=f"2025-11-{day} {chance.randint(0, 23):02d}:30:00",
                    lines=lines,
                    documentTotal={"netTotal": gross, "taxPayable": 0, "grossTotal": gross},
                )
            )
        )
    kept.store(bodies)
    ledger = recount_in_memory()
    messages = [LogMessage(number, body, JSON) for number, body in enumerate(bodies)]
    ledger.count(messages, read_columns(messages, STORES))
    ledger.write()
    days = totals_by_day(ledger.ledger)

    said = [kept.run("export-parquet").stdout, kept.run("export-parquet").stdout]

    in_files = {
        (str(day), store): (receipts, gross)
        for day, store, receipts, gross in kept.ask(
            "SELECT businessDay, store, count(*), sum(gross) FROM receipts GROUP BY ALL"
        )
    }
    in_ledger = {
        (str(day), store): (figures.receipts, Decimal(figures.gross_minor) / 100)
        for day, totals in days.items()
        for store, figures in by_key(totals, "store").items()
    }
    by_category = {
        row[0]: row[1]
        for row in kept.ask("SELECT category, sum(gross) FROM lines GROUP BY category")
    }
    assert kept.sums_in_mongo() == in_files == in_ledger
    assert by_category == {
        category: Decimal(
            sum(by_key(totals, "category")[category].gross_minor for totals in days.values())
        )
        / 100
        for category in CATEGORIES
    }
    assert [
        "5 days written, 0 rewritten, 0 were up to date\n",
        "0 days written, 0 rewritten, 5 were up to date\n",
    ] == [each.rsplit(": ", 1)[1] for each in said]


def test_a_day_that_is_killed_on_its_way_is_whole_before_and_after(kept: Kept) -> None:
    kept.store(receipts_of("2025-11-10", range(1, 11)))
    kept.export()
    kept.store(receipts_of("2025-11-10", range(11, 13)))
    question = "SELECT count(*), sum(gross) FROM receipts"

    killed, answers, named = [], [], []
    # Before the file is there, before it counts, before the last one is gone; the first sweep
    # is that of the start.
    for method, call in (("publish", 1), ("commit", 1), ("sweep", 2)):
        patch = killed_at(STORAGE, method, call)
        killed.append(kept.kill("export-parquet", patch=patch))
        answers += kept.ask(question)
        named.append(kept.storage.manifest().files())
    kept.export()

    assert [-signal.SIGKILL] * 3 == killed
    assert [(12, Decimal("0.78"))] * 4 == answers + kept.ask(question)
    assert named[0] == named[1] != named[2]
    assert sorted([*named[2], "manifest.json"]) == kept.files()


def test_what_comes_late_counts_at_once_and_what_mongodb_drops_stays(kept: Kept) -> None:
    question = "SELECT CAST(sum(gross) * 100 AS INT), count(DISTINCT key), count(*) FROM receipts"
    # As a retention may have it.
    kept.database.receipts.create_index("storedAt", expireAfterSeconds=10**9)
    kept.store(receipts_of("2025-11-10", range(1, 11)) + receipts_of("2099-01-01", range(1, 3)))
    kept.export()

    answers = kept.ask(question)
    kept.store(receipts_of("2025-11-10", range(11, 13)))
    answers += kept.ask(question)
    kept.database.receipts.delete_many({"number": {"$in": ["1", "2", "3"]}, "store": {"$ne": "x"}})
    said = kept.run("export-parquet").stdout
    answers += kept.ask(question)

    assert "2025-11-10  rewritten: 12 receipts, 0.78 EUR, 2 of them new" == said.split("\n")[0]
    # The day in 2099 is open, and MongoDB has dropped its receipts.
    assert [(58, 12, 12), (81, 14, 14), (78, 12, 12)] == answers


def test_days_beyond_the_retention_leave_the_files_and_stay_out(kept: Kept) -> None:
    days = [date(2025, 11, day) for day in (10, 11, 12)]
    kept.store([body for day in days for body in receipts_of(day.isoformat(), range(1, 4))])
    kept.export()
    keeps = str((STORES.open_day(time.time()) - days[1]).days)

    said = [
        kept.run("export-parquet", PARQUET_RETENTION_DAYS=keeps).stdout.splitlines()[0]
        for _ in range(2)
    ]

    assert [
        "1 days dropped: they were before 2025-11-11",
        f"{kept.storage.url}: 0 days written, 0 rewritten, 2 were up to date",
    ] == said
    assert (days[1:], 3) == (list(kept.storage.manifest().days), len(kept.files()))
    # MongoDB still has all three.
    assert [(9, Decimal("0.18"))] == kept.ask("SELECT count(*), sum(gross) FROM receipts")


def test_a_day_that_cannot_be_proved_is_left_out_and_told(kept: Kept) -> None:
    days = [f"2025-11-{day}" for day in (10, 11, 12)]
    kept.store([body for day in days for body in receipts_of(day, range(1, 4))])
    kept.database.receipts.update_one({"businessDay": days[0]}, {"$inc": {"grossMinor": 1}})
    kept.database.receipts.update_one(
        {"businessDay": days[1], "number": "2"}, {"$set": {"raw": ""}}
    )

    ended = kept.run("export-parquet")

    # A day without one receipt is a day; one whose sums nobody can prove is none.
    assert (1, days[1:]) == (ended.returncode, [str(day) for day in kept.storage.manifest().days])
    assert [(5,)] == kept.ask("SELECT count(*) FROM receipts WHERE businessDay > '2025-11-10'")
    assert [
        "error: 2025-11-10: MongoDB has 0.07 EUR in 3 receipts",
        "error: receipt 2025-11-11 09:00:01/2/1/2 of MongoDB cannot be read",
    ] == [
        line[: len(line) - len(line.partition(said)[2])]
        for line, said in zip(
            ended.stderr.splitlines(), ("3 receipts", "cannot be read"), strict=True
        )
    ]


def test_an_object_store_without_renames_holds_the_same_days(kept: Kept) -> None:
    kept.store(receipts_of("2025-11-10", range(1, 11)) + receipts_of("2025-11-11", range(1, 4)))
    url = f"memory://{kept.name}"

    kept.run("export-parquet", "--to", url)

    there = Storage(url)
    assert [date(2025, 11, 10), date(2025, 11, 11)] == list(there.manifest().days)
    assert 3 == len(there.filesystem.find(f"/{kept.name}"))


def test_one_process_writes_at_a_time_and_one_that_died_is_forgotten(kept: Kept) -> None:
    now = 1_795_000_000.0
    here, gone = socket.gethostname(), 2**22 + 1
    held_by = {"host": "elsewhere", "pid": 7}
    kept.database.leases.insert_one({"_id": "parquet", "holder": held_by, "until": utc(now + 300)})

    def take(at: float) -> str:
        try:
            with held(kept.database, lambda: at):
                return "held"
        except ArchiveBusyError as error:
            return error.holder

    taken = [take(now), take(now + 301)]
    # On our own machine a process can be looked up: the one that runs the tests' parent does.
    for pid in (os.getppid(), gone):
        other = {"holder": {"host": here, "pid": pid}, "until": utc(now + 300)}
        kept.database.leases.update_one({"_id": "parquet"}, {"$set": other}, upsert=True)
        taken.append(take(now))

    assert ["7 of elsewhere", "held", f"{os.getppid()} of {here}", "held"] == taken


def test_a_question_reads_nothing_but_the_archive(kept: Kept) -> None:
    kept.store(receipts_of("2025-11-10", range(1, 11)))
    kept.export()
    secret = kept.data_dir / "secret.csv"
    secret.write_text("password\n")
    file = kept.storage.location(kept.storage.manifest().files()[0])
    storage = kept.storage

    def said(sql: str) -> str:
        try:
            return f"{kept.ask(sql)} {storage.url}"
        except QueryError as error:
            return str(error)

    answers = [
        said(f"FROM '{secret}'"),
        said(f"FROM read_text('{secret}')"),
        said(f"COPY (SELECT 1) TO '{file}'"),
        said("FROM storage"),
        said("SELECT 1; DROP VIEW receipts"),
        said("SET enable_external_access = true"),
    ]

    assert [
        "Cannot access file",
        "Cannot access file",
        "one SELECT is answered at a time",
        "Table with name storage does not exist",
        "this has SELECT, DROP",
        "this has SET",
    ] == [next((part for part in PARTS if part in answer), answer) for answer in answers]


def test_csv_is_for_programs_and_an_error_is_a_line(kept: Kept) -> None:
    kept.store(receipts_of("2025-11-10", range(1, 4)))
    question = (
        "SELECT store, sum(gross) AS gross, max(date) AS last, '=' || store AS formula"
        " FROM receipts GROUP BY 1"
    )

    right = kept.run("sql", question + " ORDER BY 1", "--csv")
    wrong = kept.run("sql", "selec 1")

    assert (
        "\ufeffstore,gross,last,formula\n"
        "0,0.03,2025-11-10 09:00:01+01:00,'=0\n"
        "1,0.01,2025-11-10 09:00:01+01:00,'=1\n"
        "2,0.02,2025-11-10 09:00:01+01:00,'=2\n"
    ) == right.stdout
    assert (1, 'error: Parser Error: syntax error at or near "selec" (line 1, column 1)\n') == (
        wrong.returncode,
        wrong.stderr,
    )


def test_what_no_file_can_carry_is_named_and_stops_nothing(kept: Kept) -> None:
    days = ["2025-11-10", "2025-11-11"]
    kept.store([body for day in days for body in receipts_of(day, range(1, 4))])
    damages: tuple[dict[str, Any], ...] = (
        {"$set": {"raw": "no receipt"}},
        {"$set": {"date": "yesterday"}},
        {"$unset": {"receivedAt": 1}},
    )
    for number, damage in enumerate(damages, 1):
        kept.database.receipts.update_one(
            {"businessDay": days[0], "number": str(number)}, damage, bypass_document_validation=True
        )

    before = kept.run("sql", "SELECT count(*) AS receipts FROM receipts", "--csv")
    exported = kept.run("export-parquet")
    after = kept.run("sql", "SELECT count(*) AS receipts FROM receipts", "--csv")

    assert [(1, "\ufeffreceipts\n3\n")] == [(before.returncode, before.stdout)]
    assert (1, 3, 3) == (
        exported.returncode,
        len(before.stderr.splitlines()),
        len(exported.stderr.splitlines()),
    )
    assert days[1:] == [str(day) for day in kept.storage.manifest().days]
    assert "\ufeffreceipts\n3\n" == after.stdout


def without_currencies(table: pa.Table) -> pa.Table:
    """As files were before there were any: amounts of two decimals, all in euros."""

    def narrow(kind: pa.DataType) -> pa.DataType:
        if pa.types.is_list(kind):
            return pa.list_(narrow(kind.value_type))
        if pa.types.is_struct(kind):
            return pa.struct([each.with_type(of(each)) for each in kind.fields])
        return kind

    def of(field: pa.Field) -> pa.DataType:
        is_money = field.name in ("net", "tax", "gross", "amount")
        return pa.decimal128(18, 2) if is_money else narrow(field.type)

    table = table.drop_columns("currency")
    return table.cast(pa.schema([each.with_type(of(each)) for each in table.schema]))


@pytest.mark.parametrize("layout", [1, 2, 3])
def test_files_of_earlier_layouts_are_read_as_those_of_today(kept: Kept, layout: int) -> None:
    uuid = "6f9619ff8b86d011b42d00c04fc964ff"
    number = 2**31 - 1
    kept.store(
        [
            stamped(receipt(1, storeID="A/B é", date="2025-11-10 08:00:00", receiptUUID=uuid)),
            stamped(receipt(2, storeID="é", date="2025-11-10 00:30:00", receiptUUID=uuid)),
            stamped(receipt(4, storeID="A/B", date="2025-11-10T08:00:00.5+01:00")),
            stamped(
                receipt(3, date="2025-11-11 08:00:00", lines=[line(1) | {"lineNumber": number}])
            ),
        ]
    )
    kept.export()
    question = (
        "SELECT key, utcOffsetSeconds, lines[1].number, currency, gross, lines[1].net,"
        " payments[1].amount FROM receipts ORDER BY ALL"
    )
    today = kept.ask(question)
    manifest = kept.storage.manifest()
    first = manifest.days[date(2025, 11, 10)]
    path = kept.storage.location(first.file)
    table = without_currencies(pyarrow.parquet.read_table(path, partitioning=None))
    kind = table.schema.field("lines").type
    narrow = [
        field.with_type(pa.int32()) if field.name == "number" else field
        for field in kind.value_type.fields
    ]
    offsets = pa.array([each // 60 for each in table["utcOffsetSeconds"].to_pylist()], pa.int16())
    keys = table["key"].to_pylist()
    if layout < TODAYS_KEYS:
        keys = [earlier_key(each) for each in keys]
    if layout == 1:
        keys = [f"uuid/{uuid}" if f"/uuid/{uuid}" in each else each for each in keys]
        lines = table["lines"].cast(pa.list_(pa.struct(narrow)))
        table = table.set_column(
            table.schema.get_field_index("utcOffsetSeconds"), "utcOffsetMinutes", offsets
        ).set_column(table.schema.get_field_index("lines"), "lines", lines)
    table = table.set_column(table.schema.get_field_index("key"), "key", pa.array(keys))
    pyarrow.parquet.write_table(table, path)
    as_before = manifest.with_day(date(2025, 11, 10), replace(first, layout=layout))
    kept.storage.commit(as_before)

    assert today == kept.ask(question)
    # None of MongoDB's counts again, and the day is up to date.
    kept.export()
    assert as_before.days == kept.storage.manifest().days

    # What comes late in another currency is added to it, and it is a file of today then.
    kept.store([stamped(receipt(9, cents=700, date="2025-11-10 09:00:00", currency="JPY"))])
    kept.export()
    late = ("2025-11-10 09:00:00/1/1/9", 3600, 1, "JPY", Decimal(7), Decimal(7), Decimal(7))
    assert sorted([*today, late]) == kept.ask(question)
    rewritten = kept.storage.manifest().days[date(2025, 11, 10)]
    assert (LAYOUT, 3) == (rewritten.layout, rewritten.totals.receipts)
    assert {"JPY": Totals(receipts=1, net=Decimal(7), gross=Decimal(7))} == rewritten.others
