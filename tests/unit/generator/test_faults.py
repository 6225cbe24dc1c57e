"""Laws of the mess: nothing is lost in it, and every fault is what its name says."""

from collections import Counter, defaultdict
from math import inf
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import chain, faults
from generator.counters import MemoryCounters
from generator.faults import FaultyTills, Shares
from generator.issued_receipt import IssuedReceipt
from generator.receipts import Tills
from tillstream.clock import event_time
from tillstream.money import minor_units
from tillstream.receipt import Receipt, receipt_key

PARIS = ZoneInfo("Europe/Paris")
NOON = 1_773_142_200.0
RATE = 50.0
NONE = Shares(0, 0, 0, 0, 0, 0, 0)


def messy(shares: Shares, count: int = 500, seed: int = 1) -> FaultyTills:
    tills = Tills(chain.build(seed, 5, 2), MemoryCounters(), lambda: NOON, PARIS, seed)
    return FaultyTills(tills, shares, rate=RATE, count=count, start=NOON, silence=5.0, seed=seed)


def drained(schedule: FaultyTills) -> list[tuple[float, IssuedReceipt]]:
    found = []
    while (due := schedule.due()) is not None:
        found += [(due, issued) for issued in schedule.take(1, due)]
    return found


def sold(issued: IssuedReceipt) -> float:
    return event_time(issued.date, PARIS).timestamp()


@given(st.tuples(*[st.floats(0, 0.16)] * 7).map(lambda shares: Shares(*shares)), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_every_receipt_is_sent_and_only_duplicates_twice(shares: Shares, seed: int) -> None:
    sent = [issued for _, issued in drained(messy(shares, 300, seed))]
    keys = Counter(receipt_key(one.receipt) for one in sent if one.fault != faults.GARBAGE)
    twice = {receipt_key(one.receipt) for one in sent if one.fault == faults.DUPLICATE}

    assert 300 == len(keys)
    assert twice == {key for key, times in keys.items() if times == 2}
    assert max(keys.values()) <= 2


@given(st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_what_is_sent_is_in_the_order_of_its_time_and_the_same_every_time(seed: int) -> None:
    sent = drained(messy(Shares(), seed=seed))
    dues = [due for due, _ in sent]

    assert sorted(dues) == dues
    assert [one.body for _, one in sent] == [
        one.body for _, one in drained(messy(Shares(), seed=seed))
    ]


def test_without_faults_it_is_a_steady_run() -> None:
    sent = drained(messy(NONE, 100))

    assert [(n / RATE, "") for n in range(100)] == [(due, one.fault) for due, one in sent]


def test_what_is_due_comes_in_one_go() -> None:
    assert 51 == len(messy(NONE).take(1000, 1.0))
    assert 500 == len(messy(NONE).take(1000, inf))


def test_late_is_sold_hours_before_it_is_sent() -> None:
    for due, issued in drained(messy(NONE._replace(late=1.0))):
        assert 3599 <= NOON + due - sold(issued) <= 172_802


def test_a_skewed_clock_is_wrong_either_way() -> None:
    ahead = Counter(
        sold(issued) > NOON + due for due, issued in drained(messy(NONE._replace(skew=1.0)))
    )

    assert {True, False} == set(ahead)


def test_out_of_order_comes_after_what_was_sold_later() -> None:
    times = [sold(issued) for _, issued in drained(messy(NONE._replace(out_of_order=0.2)))]

    assert sorted(times) != times


def test_a_wrong_total_is_the_printed_one_and_nothing_else_is_wrong() -> None:
    for _, issued in drained(messy(NONE._replace(wrong_total=1.0), 100)):
        receipt = msgspec.json.decode(issued.body, type=Receipt)
        lines = sum(minor_units(line.settlement_amount) for line in receipt.lines)
        printed = minor_units(receipt.document_total.gross_total)

        assert issued.sale.gross == printed
        assert 1 <= abs(printed - lines) <= faults.WRONG_BY


def test_a_silent_till_comes_back_with_all_that_it_has_printed() -> None:
    arrivals = defaultdict(set)
    backlog = 0
    for due, issued in drained(messy(NONE._replace(silent=0.02))):
        receipt = issued.receipt
        arrivals[receipt.store_id, receipt.terminal_id].add(receipt.cash_receipt_id)
        if issued.fault == faults.BACKLOG:
            backlog += 1

            assert NOON + due - sold(issued) <= 6.0
    gaps = {till: numbers for till, numbers in arrivals.items() if len(numbers) != max(numbers)}

    assert backlog > 10
    assert {} == gaps


@given(st.integers(0, 1000))
def test_garbage_is_no_receipt_and_one_line(seed: int) -> None:
    issued = faults.garbage(drained(messy(NONE, 1))[0][1], Random(seed))

    assert b"\n" not in issued.body
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        msgspec.json.decode(issued.body, type=Receipt)
