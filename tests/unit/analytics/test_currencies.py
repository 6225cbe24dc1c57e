"""Receipts of several currencies on one day: sums of their own, in every book."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.commands.counting_run import count_messages
from analytics.counting.folds import WHOLE_DAY
from analytics.ledger.figures_journal import FiguresJournal
from analytics.ledger.kept_figures import KeptFigures
from analytics.ledger.ledger_file import Ledger
from analytics.verify.comparison import compare_ledger
from analytics.workers.totals import TotalsWorker
from tests.support.ledgers import recount_in_memory, totals_by_day
from tests.support.logs import NO_LOG
from tests.support.receipts import line, receipt, stamped
from tillstream.clock import BusinessDay
from tillstream.codec import NDJSON
from tillstream.currency_day import CurrencyDay
from tillstream.ledger import OLDEST
from tillstream.log.reader import LogMessage
from tillstream.stores import StoreTable

DAY = date(2026, 11, 21)
CALENDAR = BusinessDay(ZoneInfo("Europe/Paris"))
#: 2026-11-21 09:00:00 in Paris.
NOW = 1_795_248_000.0


def paid(number: int, amount: float, **changes: Any) -> dict[str, Any]:
    """A receipt of one amount, whatever its currency."""
    part = {"creditAmount": amount, "settlementAmount": amount, "unitPrice": amount}
    return receipt(
        number,
        lines=[line() | part],
        documentTotal={"netTotal": amount, "taxPayable": 0, "grossTotal": amount},
        settlements=[{"paymentMechanism": "CB", "settlementAmount": amount}],
        **changes,
    )


#: The texts of lines and tenders are the same in all of them.
RECEIPTS = [
    paid(1, 1.5),
    paid(2, 1.5, currency="EUR"),
    paid(3, 1.5, currency="JPY"),
    paid(4, 1.5, currency="KWD"),
    paid(5, 1000.4, currency="JPY"),
    paid(6, 0.0015, currency="KWD"),
    paid(7, 10_000_000, currency="JPY"),
    paid(8, 1_000_000, currency="KWD"),
    paid(9, 1.5, currency="USD"),
]
SUMS = {"EUR": (2, 300), "JPY": (3, 10_001_002), "KWD": (3, 1_000_001_502), "USD": (1, 150)}
MESSAGES = [
    LogMessage(0, b"\n".join(stamped(one) for one in RECEIPTS[:5]), NDJSON),
    LogMessage(1, b"\n".join(stamped(one) for one in RECEIPTS[5:]), NDJSON),
]


def worker(ledger: Ledger, main: str = "EUR") -> TotalsWorker:
    return TotalsWorker(ledger, StoreTable(CALENDAR, {}, currency=main), lambda: NOW, NO_LOG)


def sums(ledger: Ledger) -> dict[str, tuple[int, int]]:
    assert {DAY} == {day.day for day in ledger.days()}
    wholes = {day.currency: totals[WHOLE_DAY] for day, totals in totals_by_day(ledger).items()}
    for day in ledger.days():
        for table in ("category", "tender", "store", "product", "vat"):
            keys = {key: one for (name, key), one in ledger.totals(day).items() if name == table}
            assert [wholes[day.currency].gross_minor] == [one.gross_minor for one in keys.values()]
    return {currency: (one.receipts, one.gross_minor) for currency, one in wholes.items()}


def kept(ledger: Ledger) -> dict[tuple[str, str], tuple[int, int]]:
    """Of the stores and of the chain, from bodies and journal."""
    figures = KeptFigures(ledger.store_days, FiguresJournal(ledger.database))
    found = {}
    for currency in ledger.currencies(DAY):
        day = CurrencyDay(DAY, currency)
        for store in figures.stores(day):
            one = figures.figures(day, store)
            assert one is not None
            hours = list(one.hours.values())
            found[currency, store] = (
                sum(each.receipts for each in hours),
                sum(each.gross_minor for each in hours),
            )
    return found


def test_three_currencies_on_one_day_are_three_exact_sums_in_ledger_and_recount(
    tmp_path: Path,
) -> None:
    recounted = recount_in_memory()
    count_messages(recounted, [MESSAGES], StoreTable(CALENDAR, {}), Event())
    recounted.write()
    with Ledger(tmp_path / "ledger") as ledger:
        totals = worker(ledger)
        for each in MESSAGES:
            totals.count([each])
        found = compare_ledger(recounted, ledger, frozenset())

        assert SUMS == sums(ledger) == sums(recounted.ledger)
        both = {(code, store): each for code, each in SUMS.items() for store in ("", "1")}
        assert both == kept(ledger)
        assert (len(RECEIPTS), 0, 0, []) == found


def test_a_sum_that_differs_is_named_with_its_currency(tmp_path: Path) -> None:
    recounted = recount_in_memory()
    count_messages(recounted, [MESSAGES], StoreTable(CALENDAR, {}), Event())
    recounted.write()
    with Ledger(tmp_path / "ledger") as ledger:
        worker(ledger).count(MESSAGES)
        yen = CurrencyDay(DAY, "JPY")
        ledger.begin()
        whole = ledger.totals(yen)[WHOLE_DAY]
        whole.gross_minor += 1
        ledger.write_totals(yen, [(WHOLE_DAY, whole)])
        ledger.commit()

        found = compare_ledger(recounted, ledger, frozenset()).differences

        assert [("ledger: day", "2026-11-21 JPY")] == [(each.what, each.day) for each in found]


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("EUR", [("EUR", "3.00"), ("JPY", "10001002"), ("KWD", "1000001.502"), ("USD", "1.50")]),
        ("JPY", [("JPY", "10001002"), ("EUR", "3.00"), ("KWD", "1000001.502"), ("USD", "1.50")]),
        (
            "CHF",
            [
                ("CHF", "0.00"),
                *[
                    (code, text)
                    for code, text in [
                        ("EUR", "3.00"),
                        ("JPY", "10001002"),
                        ("KWD", "1000001.502"),
                        ("USD", "1.50"),
                    ]
                ],
            ],
        ),
    ],
)
def test_each_currency_of_the_day_has_a_snapshot_of_its_own(
    tmp_path: Path, main: str, expected: list[tuple[str, str]]
) -> None:
    with Ledger(tmp_path / "ledger") as ledger:
        worker(ledger).count(MESSAGES)
    with Ledger(tmp_path / "ledger") as ledger:
        # After a restart as well.
        snapshots = worker(ledger, main).snapshots
        others = snapshots.other_currencies()
        counts = [snapshots.count(), *map(snapshots.count, others)]
        categories = [snapshots.categories(), *map(snapshots.categories, others)]

    assert expected == [(each.currency, each.sum) for each in counts]
    assert expected == [
        (each.currency, each.categories[0].revenue if each.categories else "0.00")
        for each in categories
    ]


def test_a_ledger_from_before_there_were_currencies_is_upgraded_where_it_is(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger"
    with Ledger(path) as ledger:
        totals = worker(ledger)
        totals.count(MESSAGES[:1])
        totals.write_figures()
    as_before(path)

    with Ledger(path) as ledger:
        worker(ledger).count(MESSAGES)

        assert SUMS["EUR"] == sums(ledger)["EUR"]
        assert SUMS["EUR"] == kept(ledger)["EUR", "1"]


def as_before(path: Path) -> None:
    """Its tables as version 7 had them: the euros of it."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            """
            CREATE TABLE t (day INTEGER NOT NULL, breakdown TEXT NOT NULL, key TEXT NOT NULL,
                receipts INTEGER NOT NULL, units_milli INTEGER NOT NULL,
                gross_minor INTEGER NOT NULL, net_minor INTEGER NOT NULL,
                PRIMARY KEY (day, breakdown, key)) WITHOUT ROWID;
            INSERT INTO t SELECT day, breakdown, key, receipts, units_milli, gross_minor, net_minor
                FROM totals WHERE currency = 'EUR';
            DROP TABLE totals;
            ALTER TABLE t RENAME TO totals;
            CREATE TABLE s (day INTEGER NOT NULL, store TEXT NOT NULL, part TEXT NOT NULL,
                body BLOB NOT NULL, bound INTEGER NOT NULL, change INTEGER NOT NULL,
                UNIQUE (day, store, part));
            INSERT INTO s SELECT day, store, part, body, bound, change
                FROM store_days WHERE currency = 'EUR';
            DROP TABLE store_days;
            ALTER TABLE s RENAME TO store_days;
            CREATE UNIQUE INDEX store_days_changes ON store_days (change);
            """
        )
        database.execute(f"PRAGMA user_version={OLDEST}")
