"""What cannot be counted stands aside, named; all else counts; a full disk sets nothing aside."""

import sqlite3
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics.counting import isolation, receipt_counter
from analytics.counting.columns import Columns
from analytics.counting.decoding import read_columns
from analytics.counting.folds import WHOLE_DAY
from analytics.ledger.ledger_file import Ledger
from analytics.workers.rate import RateWorker
from analytics.workers.totals import TotalsWorker
from tests.support.logs import NO_LOG
from tests.support.receipts import receipt, stamped
from tests.unit.analytics.verify.test_recount import STORES, everything, log, recounted
from tillstream.codec import NDJSON
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import Figures
from tillstream.log.reader import LogMessage
from tillstream.outlines import WHOLE_MESSAGE
from tillstream.stores import StoreTable

NOW = 1_795_248_000.0
POISON = b"poison"


def worker(ledger: Ledger) -> TotalsWorker:
    return TotalsWorker(ledger, STORES, lambda: NOW, NO_LOG)


def message(offset: int, *all_fields: dict[str, Any]) -> LogMessage:
    return LogMessage(offset, b"\n".join(map(stamped, all_fields)), NDJSON)


def raising(messages: Sequence[LogMessage], stores: StoreTable) -> Columns:
    """A reader with a fault that nobody has foreseen."""
    if any(POISON in one.body for one in messages):
        raise RuntimeError("this was not foreseen")
    return read_columns(messages, stores)


@pytest.mark.parametrize("number", [10**19, 10**20, "9" * 20, "9" * 64, 2**63 - 1, 2**63])
def test_any_cash_receipt_id_is_counted_or_named(tmp_path: Path, number: int | str) -> None:
    with Ledger(tmp_path / "ledger") as ledger:
        totals = worker(ledger)
        totals.count([message(0, receipt(1), receipt(2, cashReceiptID=number))])
        totals.count([message(1, receipt(3))])

        progress = ledger.progress()
        not_counted = [one.offset for one in ledger.aside()]

    # Beyond 64 bits an integer is no identifier of the contract.
    beyond = isinstance(number, int) and number >= 2**63
    assert (2, int(beyond), 0) == (progress.next_offset, progress.undecodable, progress.set_aside)
    assert [0] * beyond == not_counted


def test_a_receipt_that_no_reader_takes_stands_aside_and_all_others_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "read_columns", raising)
    bad = receipt(2, agentID="poison")
    messages = [
        message(3, receipt(1), bad, receipt(3)),
        message(7, receipt(4)),
        message(9, receipt(5), receipt(6, agentID="poison")),
    ]
    with Ledger(tmp_path / "ledger") as ledger:
        totals = worker(ledger)
        totals.count(messages)

        snapshot, progress, aside = totals.snapshots.count(), ledger.progress(), ledger.aside()

    assert (4, 2400, 10, 2) == (
        snapshot.count,
        snapshot.sum_minor,
        progress.next_offset,
        progress.set_aside,
    )
    assert [
        (3, 1, False, "2026-11-21 08:00:01/1/1/2", "RuntimeError: this was not foreseen"),
        (9, 1, False, "2026-11-21 08:00:01/1/1/6", "RuntimeError: this was not foreseen"),
    ] == [one[:5] for one in aside]
    assert stamped(bad) == aside[0].receipt


@pytest.mark.parametrize("most", [3_000, 30_000, 150_000])
@pytest.mark.parametrize("seed", range(2))
def test_a_recount_sets_aside_what_the_worker_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, seed: int
) -> None:
    # Figures that are full soon, and receipts that cannot be read.
    monkeypatch.setattr(receipt_counter, "MAX_FIGURE", most)
    monkeypatch.setattr(isolation, "read_columns", raising)
    messages = log(seed)
    messages.insert(20, message(messages[20].offset - 1, receipt(1), receipt(2, agentID="poison")))
    messages = list({one.offset: one for one in messages}.values())
    with Ledger(tmp_path / "worker") as ledger:
        totals = worker(ledger)
        for start in range(0, len(messages), 7):
            totals.count(messages[start : start + 7])

    expected = everything(tmp_path / "worker")
    assert expected == recounted(messages, tmp_path / "recounted")
    assert expected[0].set_aside > 0


def test_a_receipt_that_would_overflow_a_figure_stands_aside(tmp_path: Path) -> None:
    day = CurrencyDay(date(2026, 11, 21))
    almost = Figures(1, 1_000, 2**63 - 1_500, 0)
    with Ledger(tmp_path / "ledger") as ledger:
        ledger.begin()
        ledger.write_totals(day, [(WHOLE_DAY, almost)])
        ledger.commit()
        totals = worker(ledger)
        other = receipt(3, date="2026-11-20 08:00:01")
        totals.count([message(0, receipt(1), receipt(2, cents=900), other)])

        whole, before = (
            ledger.totals(day)[WHOLE_DAY],
            ledger.totals(CurrencyDay(date(2026, 11, 20)))[WHOLE_DAY],
        )
        reasons = [one.reason for one in ledger.aside()]

    assert (2**63 - 900, 600) == (whole.gross_minor, before.gross_minor)
    assert ["FigureFullError: day  of 2026-11-21 is too large for one more receipt"] == reasons


@pytest.mark.parametrize(
    "error",
    [
        sqlite3.OperationalError("database or disk is full"),
        sqlite3.OperationalError("disk I/O error"),
        sqlite3.DatabaseError("database disk image is malformed"),
        OSError("no space left on device"),
        MemoryError(),
    ],
    ids=str,
)
def test_a_fault_of_the_machine_sets_no_receipt_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    with Ledger(tmp_path / "ledger") as ledger:
        totals = worker(ledger)
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "write_totals", fail)
            with pytest.raises(type(error)):
                totals.count([message(0, receipt(1))])
        before = (ledger.progress().next_offset, ledger.aside())
        totals.count([message(0, receipt(1))])

        assert (None, []) == before
        assert 1 == totals.snapshots.count().count


def test_what_does_not_decode_is_kept_with_its_place_and_its_reason(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as ledger:
        worker(ledger).count(
            [
                LogMessage(0, stamped(receipt(1)) + b"\n{\n" + stamped(receipt(2)), NDJSON),
                LogMessage(1, b"x", "image/png"),
            ]
        )

        found = [(one.offset, one.place, one.undecodable, one.receipt) for one in ledger.aside()]
        reasons = [one.reason for one in ledger.aside()]
        progress = ledger.progress()

    assert [(0, 1, True, b"{"), (1, WHOLE_MESSAGE, True, b"x")] == found
    assert (2, 0) == (progress.undecodable, progress.set_aside)
    assert all(reasons)


def test_the_rate_goes_on_after_what_it_cannot_take() -> None:
    rate = RateWorker(lambda: NOW)
    for offset, time in enumerate((b"1e308", b"-1e308", b"1e999", b'"x"', b"%f" % (NOW - 1))):
        rate.add(LogMessage(offset, b'{"receivedTime": %s}' % time, None))

    snapshot = rate.snapshot()

    assert (1, 4) == (snapshot.average_per_minute, snapshot.log_offset)
