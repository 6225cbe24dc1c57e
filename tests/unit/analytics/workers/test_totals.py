"""The totals worker: each identity once, whatever is repeated, shuffled or interrupted."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger.ledger_file import Ledger
from analytics.workers.totals import TotalsWorker
from tests.support.logs import NO_LOG
from tests.support.receipts import line, receipt, receipts, stamped
from tillstream.clock import BusinessDay
from tillstream.log.reader import LogMessage
from tillstream.snapshots import CategoryTotal, CountSnapshot
from tillstream.stores import StoreTable

STORES = StoreTable(BusinessDay(ZoneInfo("Europe/Paris")), {})
#: 2026-11-21 09:00:00 in Paris.
NOW = 1_795_248_000.0


@contextmanager
def worker(path: Path) -> Iterator[TotalsWorker]:
    with Ledger(path) as ledger:
        yield TotalsWorker(ledger, STORES, lambda: NOW, NO_LOG)


def message(offset: int, *all_fields: dict[str, Any]) -> LogMessage:
    body = b"\n".join(stamped(fields) for fields in all_fields)
    return LogMessage(offset, body, "application/x-ndjson")


def figures(totals: TotalsWorker) -> tuple[str, int]:
    snapshot = totals.snapshots.count()
    return snapshot.sum, snapshot.count


def test_the_days_sum_is_exact(tmp_path: Path) -> None:
    with worker(tmp_path / "ledger") as totals:
        totals.count([message(0, receipt(1, cents=600)), message(1, receipt(2, cents=590))])

        assert ("11.90", 2) == figures(totals)


def test_a_repeated_receipt_counts_once(tmp_path: Path) -> None:
    with worker(tmp_path / "ledger") as totals:
        totals.count([message(0, receipt(1), receipt(1)), message(1, receipt(1))])

        assert ("6.00", 1) == figures(totals)


def test_an_identity_with_other_content_is_a_conflict_and_the_first_one_counts(
    tmp_path: Path,
) -> None:
    with worker(tmp_path / "ledger") as totals:
        totals.count([message(0, receipt(1, cents=600), receipt(1, cents=700))])

        assert ("6.00", 1) == figures(totals)


def test_a_receipt_dated_yesterday_adds_to_yesterday(tmp_path: Path) -> None:
    with worker(tmp_path / "ledger") as totals:
        totals.count([message(0, receipt(1, date="2026-11-20 23:59:59"), receipt(2))])

        assert ("6.00", 1) == figures(totals)


def test_totals_and_identities_survive_a_restart(tmp_path: Path) -> None:
    with worker(tmp_path / "ledger") as totals:
        totals.count([message(7, receipt(1))])
    with worker(tmp_path / "ledger") as totals:
        totals.count([message(7, receipt(1)), message(9, receipt(2), receipt(1))])

        assert ("12.00", 2) == figures(totals)


def test_a_batch_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with worker(tmp_path / "ledger") as totals:
        totals.count([message(0, receipt(1))])
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "commit", lambda _: (_ for _ in ()).throw(OSError("disk full")))
            with pytest.raises(OSError, match="disk full"):
                totals.count([message(1, receipt(2))])
        totals.count([message(1, receipt(2))])

        assert ("12.00", 2) == figures(totals)


def test_what_does_not_decode_stops_nothing(tmp_path: Path) -> None:
    with worker(tmp_path / "ledger") as totals:
        bad = LogMessage(1, b"{\n" + stamped(receipt(2)), "application/x-ndjson")
        unknown = LogMessage(2, b"x", "image/png")
        totals.count([message(0, receipt(1)), bad, unknown, message(3, receipt(3))])

        assert ("18.00", 3) == figures(totals)


def test_categories_come_largest_first(tmp_path: Path) -> None:
    lines = [line(100, "Boisson"), line(250, "Pain", 2)]
    with worker(tmp_path / "ledger") as totals:
        totals.count([message(0, receipt(lines=lines, cents=350))])

        actual = totals.snapshots.categories().categories

    expected = (
        CategoryTotal(name="Pain", revenue_minor=250, revenue="2.50", units_milli=2000),
        CategoryTotal(name="Boisson", revenue_minor=100, revenue="1.00", units_milli=1000),
    )
    assert expected == actual


@given(st.lists(receipts, max_size=12).flatmap(lambda x: st.tuples(st.just(x), st.permutations(x))))
def test_shuffled_and_duplicated_input_gives_the_same_totals(
    tmp_path_factory: pytest.TempPathFactory,
    orders: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    # One content an identity: which of two conflicting ones comes first does depend on order.
    contents = {(f["cashReceiptID"], f["terminalID"], f["date"]): f for f in orders[0]}
    plain = [message(offset, fields) for offset, fields in enumerate(contents.values())]
    shuffled = [
        message(offset, contents[f["cashReceiptID"], f["terminalID"], f["date"]])
        for offset, f in enumerate(orders[1] + orders[0])
    ]
    folder = tmp_path_factory.mktemp("ledgers")
    with worker(folder / "plain") as first, worker(folder / "shuffled") as second:
        first.count(plain)
        second.count(shuffled)

        assert first.snapshots.categories() == second.snapshots.categories()
        assert without_offsets(first.snapshots.count()) == without_offsets(second.snapshots.count())


def without_offsets(snapshot: CountSnapshot) -> CountSnapshot:
    return msgspec.structs.replace(snapshot, next_offset=None, log_offset=None)
