"""The kept figures in MongoDB are the ledger's, whatever is killed, away or made anew."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import astuple
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import AutoReconnect

from analytics.ledger import day_documents
from analytics.ledger.ledger_file import Ledger
from analytics.verify.written_figures import WrittenFigures, compare_written
from analytics.workers import figures_writer
from analytics.workers.figures_writer import FiguresWriter
from analytics.workers.totals import TotalsWorker
from tests.support.logs import NO_LOG
from tests.support.receipts import receipt, stamped
from tillstream.clock import BusinessDay
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import DAY_FIGURES, DayTotals, StoreFigures, encode
from tillstream.figures_reader import FiguresReader
from tillstream.ledger import read_only
from tillstream.log.reader import LogMessage
from tillstream.stores import StoreTable

STORES = StoreTable(BusinessDay(ZoneInfo("UTC")), {})
DAYS = ["2026-11-17", "2026-11-18"]

Count = Callable[[int, int], None]


@pytest.fixture
def database(mongo_url: str, mongo_database: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        yield client[mongo_database]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


def count(path: Path, first: int, number: int, cents: int = 600) -> None:
    """Count receipts of two days and some stores."""
    with Ledger(path) as ledger:
        totals = TotalsWorker(ledger, STORES, lambda: 1_795_248_000.0, NO_LOG)
        totals.count(
            [
                LogMessage(each, stamped(_receipt(each, cents)), "application/json")
                for each in range(first, first + number)
            ]
        )


def _receipt(number: int, cents: int) -> dict[str, Any]:
    date = f"{DAYS[number % 2]} 1{number % 3}:00:00"
    return receipt(number, cents=cents, storeID=number % 5, date=date)


Found = tuple[dict[str, DayTotals], dict[tuple[str, str], StoreFigures]]


def in_ledger(path: Path) -> Found:
    with Ledger(path) as ledger:
        stores = {
            (str(day), store): found[0]
            for day in ledger.days()
            for store in ledger.store_days.stores(day)
            if (found := ledger.store_days.figures(day, store))
        }
        days = ledger.days()
    opened = read_only(path)
    totals = {str(day): day_documents.totals(opened, day) for day in days}
    opened.close()
    return totals, stores


def in_mongodb(database: Database[dict[str, Any]]) -> Found:
    reader = FiguresReader(database)
    days = reader.days("2026-11-01", "2026-11-30")
    stores = {(day, ""): each for day, each in reader.chain(days).items()}
    for day in days:
        stores |= {(day, store): each for store, each in reader.stores(day).items()}
    return reader.totals(days), stores


def write_all(writer: FiguresWriter) -> None:
    while writer.write_some():
        pass


def test_every_change_is_written_and_only_changes_are(
    database: Database[dict[str, Any]], path: Path
) -> None:
    count(path, 0, 40)
    writer = FiguresWriter(path, database)
    write_all(writer)
    first = in_mongodb(database)
    times = {each["_id"]: each.get("writtenAt") for each in database[DAY_FIGURES].find()}

    assert in_ledger(path) == first
    assert 40 == sum(each.breakdowns["day"][""].receipts for each in first[0].values())

    count(path, 40, 1)
    write_all(writer)

    assert in_ledger(path) == in_mongodb(database)
    found = database[DAY_FIGURES].find({"day": {"$exists": True}})
    changed = {each["_id"] for each in found if each["writtenAt"] != times[each["_id"]]}
    assert {DAYS[0], f"{DAYS[0]}/", f"{DAYS[0]}/0"} == changed


@pytest.mark.parametrize("fails_at", range(4))
def test_what_a_killed_writer_left_is_written_by_the_next(
    database: Database[dict[str, Any]],
    path: Path,
    fails_at: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures_writer, "AT_A_TIME", 5)
    count(path, 0, 40)
    killed = FiguresWriter(path, database)
    calls = iter(range(100))
    written = database[DAY_FIGURES].bulk_write
    documents = killed._documents

    class Dying:
        """The collection, until a write of it is not answered."""

        def bulk_write(self, *arguments: Any, **options: Any) -> None:
            if next(calls) == fails_at:
                raise AutoReconnect("killed")
            written(*arguments, **options)

        def __getattr__(self, name: str) -> Any:
            return getattr(documents, name)

    killed._documents = Dying()  # type: ignore[assignment]
    with pytest.raises(AutoReconnect):
        write_all(killed)
    count(path, 40, 7)

    write_all(FiguresWriter(path, database))

    assert in_ledger(path) == in_mongodb(database)


def test_a_new_ledger_is_written_anew_and_what_is_of_another_one_goes(
    database: Database[dict[str, Any]], path: Path, tmp_path: Path
) -> None:
    count(path, 0, 40)
    write_all(FiguresWriter(path, database))
    other = tmp_path / "recounted"
    count(other, 0, 2, cents=100)

    write_all(FiguresWriter(other, database))

    assert in_ledger(other) == in_mongodb(database)


def compared(database: Database[dict[str, Any]], path: Path) -> WrittenFigures:
    days = [CurrencyDay(date.fromisoformat(day)) for day in DAYS]
    return compare_written(path, database, days, lambda condition, _: condition(), 0)


def test_what_is_not_the_ledgers_is_named_by_day_and_store(
    database: Database[dict[str, Any]], path: Path
) -> None:
    count(path, 0, 40)
    write_all(FiguresWriter(path, database))
    assert WrittenFigures([], 0) == compared(database, path)
    documents = database[DAY_FIGURES]
    documents.update_one({"_id": f"{DAYS[0]}/2"}, {"$set": {"body": encode(StoreFigures())}})
    documents.update_one({"_id": DAYS[0]}, {"$set": {"body": b"?"}})
    documents.delete_one({"_id": f"{DAYS[1]}/"})
    documents.insert_one({"_id": f"{DAYS[1]}/x", "day": DAYS[1], "store": "x"})

    found = compared(database, path)

    of_store, of_chain = "MongoDB: kept figures of the store", "MongoDB: kept figures of the chain"
    every = "20 receipts, 12000 cents"
    assert [
        ("MongoDB: kept totals", DAYS[0], "", every, "none"),
        (of_store, DAYS[0], "2", "4 receipts, 2400 cents", "0 receipts, 0 cents"),
        (of_chain, DAYS[1], "", every, "none"),
        (of_store, DAYS[1], "x", "none", "none"),
    ] == [astuple(each) for each in found.differences]
    assert 0 == found.behind


def test_what_the_writer_has_not_come_to_is_behind_and_no_difference(
    database: Database[dict[str, Any]], path: Path
) -> None:
    count(path, 0, 40)
    nobody = compared(database, path)
    write_all(FiguresWriter(path, database))
    count(path, 40, 1)

    written = compared(database, path)

    # Two days of five stores, the chain and totals; of one receipt: its store, the chain, totals.
    assert [WrittenFigures([], 14), WrittenFigures([], 3)] == [nobody, written]


def test_a_killed_worker_has_lost_no_figures_and_the_next_writes_them(
    database: Database[dict[str, Any]], path: Path
) -> None:
    with Ledger(path) as ledger:
        totals = TotalsWorker(ledger, STORES, lambda: 1_795_248_000.0, NO_LOG)
        for number in range(40):
            body = stamped(_receipt(number, 600))
            totals.count([LogMessage(number, body, "application/json")])
    write_all(FiguresWriter(path, database))
    # Of the first commit alone the bodies are written.
    chain = in_mongodb(database)[1][DAYS[0], ""]
    assert 1 == sum(hour.receipts for hour in chain.hours.values())

    with Ledger(path) as ledger:
        TotalsWorker(ledger, STORES, lambda: 1_795_248_000.0, NO_LOG).write_figures()
    write_all(FiguresWriter(path, database))

    assert in_ledger(path) == in_mongodb(database)
    assert WrittenFigures([], 0) == compared(database, path)
