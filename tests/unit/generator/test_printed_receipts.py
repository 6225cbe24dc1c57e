"""Laws of the printed receipts: valid, exact, numbered without gaps, the same for a seed."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import cast
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import chain
from generator.counters import MemoryCounters
from generator.issued_receipt import IssuedReceipt
from generator.pricing import PricedLine
from generator.receipts import Tills
from generator.tenders import CARD, CASH, VOUCHER, VOUCHER_LIMIT
from tillstream.money import minor_units
from tillstream.receipt import Receipt, receipt_key

PARIS = ZoneInfo("Europe/Paris")
#: A Tuesday at noon and a Sunday in the morning, Paris time.
TUESDAY_NOON = datetime(2026, 3, 10, 12, 30, tzinfo=PARIS).timestamp()
TUESDAY_MORNING = datetime(2026, 3, 10, 7, 30, tzinfo=PARIS).timestamp()
SUNDAY_NOON = datetime(2026, 3, 15, 12, 30, tzinfo=PARIS).timestamp()

seeds = st.integers(0, 2**32)
#: Any second of 2025 to 2027, clock changes included.
seconds = st.integers(1_735_689_600, 1_830_297_600)


def receipts(
    seed: int, now: float, count: int = 50, counters: MemoryCounters | None = None, stores: int = 20
) -> list[IssuedReceipt]:
    tills = Tills(
        chain.build(seed, stores, 4), counters or MemoryCounters(), lambda: now, PARIS, seed
    )
    return [tills.issue() for _ in range(count)]


def priced(issued: IssuedReceipt) -> Sequence[PricedLine]:
    return cast(Sequence[PricedLine], issued.sale.lines)


def many(now: float, seed: int = 7) -> list[IssuedReceipt]:
    return receipts(seed, now, count=6000, stores=200)


def decoded(issued: IssuedReceipt) -> Receipt:
    return msgspec.json.decode(issued.body, type=Receipt)


@given(seeds, seconds)
@settings(max_examples=30)
def test_every_receipt_holds_against_the_contract(seed: int, now: int) -> None:
    issued = receipts(seed, now)
    expected = [receipt_key(one.receipt) for one in issued]

    assert expected == [receipt_key(decoded(one)) for one in issued]


@given(seeds, seconds)
@settings(max_examples=30)
def test_lines_add_up_to_the_totals_and_tenders_to_the_gross(seed: int, now: int) -> None:
    for issued in receipts(seed, now):
        sent = decoded(issued)
        net = sum(minor_units(line.credit_amount) for line in sent.lines)
        gross = sum(minor_units(line.settlement_amount) for line in sent.lines)
        paid = sum(minor_units(part.settlement_amount) for part in sent.settlements)
        expected = (net, gross - net, gross, gross)
        total = sent.document_total

        assert expected == (
            minor_units(total.net_total),
            minor_units(total.tax_payable),
            minor_units(total.gross_total),
            paid,
        )
        assert expected == (
            issued.sale.net,
            issued.sale.gross - issued.sale.net,
            issued.sale.gross,
            paid,
        )


@given(seeds, seconds)
@settings(max_examples=30)
def test_numbers_of_a_till_have_no_gaps(seed: int, now: int) -> None:
    numbers = defaultdict(list)
    for issued in receipts(seed, now, count=200, stores=3):
        sent = decoded(issued)
        numbers[sent.store_id, sent.terminal_id].append(sent.cash_receipt_id)
    expected = {till: list(range(1, len(taken) + 1)) for till, taken in numbers.items()}

    assert expected == numbers


@given(seeds, seconds)
@settings(max_examples=20)
def test_the_same_seed_start_and_clock_give_the_same_bytes(seed: int, now: int) -> None:
    expected = [issued.body for issued in receipts(seed, now)]

    assert expected == [issued.body for issued in receipts(seed, now)]


@given(seeds, seconds, st.lists(st.integers(0, 30), max_size=8))
@settings(max_examples=20)
def test_many_at_once_are_those_that_come_one_by_one(
    seed: int, now: int, counts: list[int]
) -> None:
    tills = Tills(chain.build(seed, 20, 4), MemoryCounters(), lambda: now, PARIS, seed)
    expected = [issued.body for issued in receipts(seed, now, sum(counts))]

    assert expected == [one.body for count in counts for one in tills.issue_many(count)]


@given(seeds, seconds)
@settings(max_examples=20)
def test_the_text_is_compact_json_as_an_encoder_writes_it(seed: int, now: int) -> None:
    issued = receipts(seed, now)
    expected = [msgspec.json.encode(msgspec.json.decode(one.body)) for one in issued]

    assert expected == [one.body for one in issued]


def test_another_seed_gives_other_receipts() -> None:
    one, other = receipts(1, TUESDAY_NOON), receipts(2, TUESDAY_NOON)

    assert [a.body for a in one] != [b.body for b in other]


def test_a_second_run_goes_on_and_repeats_neither_numbers_nor_shoppers() -> None:
    counters = MemoryCounters()
    first = receipts(7, TUESDAY_NOON, 2000, counters)
    second = receipts(7, TUESDAY_NOON, 2000, counters)
    keys = {receipt_key(issued.receipt) for issued in first + second}

    assert 4000 == len(keys)
    assert [issued.sale.gross for issued in first] != [issued.sale.gross for issued in second]


def test_the_date_is_the_wall_time_of_the_stores() -> None:
    issued = receipts(7, TUESDAY_NOON + 0.9, 1)[0]

    assert "2026-03-10 12:30:00" == issued.receipt.date


def test_numbers_are_json_with_two_decimals_at_most() -> None:
    found: set[int] = set()
    for issued in many(TUESDAY_NOON)[:1000]:
        body = json.loads(issued.body, parse_float=str)
        for amount in (*body["documentTotal"].values(), body["lines"][0]["unitPrice"]):
            found.add(len(str(amount).partition(".")[2]))

    assert {0, 1, 2} == found


def test_a_void_takes_back_the_receipt_before_it_on_the_same_till() -> None:
    issued = many(TUESDAY_NOON)
    pairs = [
        (before, void)
        for before, void in pairwise(issued)
        if void.receipt.transaction_type == "void"
    ]

    assert pairs
    for before, void in pairs:
        same = (before.receipt.store_id, before.receipt.terminal_id, before.receipt.cash_receipt_id)
        back = [(mechanism, -amount) for mechanism, amount in before.sale.tenders]

        assert same == (
            void.receipt.store_id,
            void.receipt.terminal_id,
            void.receipt.voided_receipt_id,
        )
        assert (
            -before.sale.net,
            -before.sale.gross,
            back,
        ) == (
            void.sale.net,
            void.sale.gross,
            list(void.sale.tenders),
        )


def test_returns_are_negative_and_now_and_then() -> None:
    issued = many(TUESDAY_NOON)
    kinds = Counter(one.receipt.transaction_type for one in issued)
    signs = {one.receipt.transaction_type: one.sale.gross > 0 for one in issued}

    assert {"sale": True, "return": False, "void": False} == signs
    assert 10 < kinds["return"] < 100
    assert 3 < kinds["void"] < 60


def test_a_plain_sale_sends_no_fields_beyond_the_contract() -> None:
    expected = {
        "cashReceiptID", "storeID", "terminalID", "agentID", "customerID", "date", "lines",
        "documentTotal", "settlements",
    }  # fmt: skip
    sale = next(one for one in many(TUESDAY_NOON) if one.receipt.transaction_type == "sale")

    assert expected == set(msgspec.json.decode(sale.body))


def test_tenders_are_those_of_a_french_bakery() -> None:
    mixes = Counter(
        tuple(part.mechanism for part in sold.sale.tenders) for sold in many(TUESDAY_NOON)
    )
    expected = {(CARD,), (CASH,), (VOUCHER,), (VOUCHER, CARD), (VOUCHER, CASH), (CASH, CARD)}

    assert expected == set(mixes)
    assert mixes[CARD,] > mixes[CASH,] > mixes[VOUCHER,]


def test_meal_vouchers_pay_no_alcohol_no_more_than_their_limit_and_not_on_sundays() -> None:
    for issued in many(TUESDAY_NOON):
        food = abs(sum(line.gross for line in priced(issued) if not line.product.alcohol))
        # A void pays back to the voucher what it had paid.
        paid = abs(sum(part.amount for part in issued.sale.tenders if part.mechanism == VOUCHER))

        assert paid <= min(food, VOUCHER_LIMIT)

    sunday = {part.mechanism for one in many(SUNDAY_NOON) for part in one.sale.tenders}

    assert {CARD, CASH} == sunday


def revenue_shares(issued: list[IssuedReceipt]) -> dict[str, float]:
    revenue: Counter[str] = Counter()
    for one in issued:
        for line in one.sale.lines:
            revenue[line.category] += line.gross
    return {category: amount / revenue.total() for category, amount in revenue.items()}


def test_mornings_are_for_viennoiserie_noon_for_sandwiches_sundays_for_cakes() -> None:
    morning, noon, sunday = map(
        revenue_shares, (many(TUESDAY_MORNING), many(TUESDAY_NOON), many(SUNDAY_NOON))
    )

    assert morning["Viennoiserie"] > 3 * noon["Viennoiserie"]
    assert noon["Sandwich Froid"] > 3 * morning["Sandwich Froid"]
    assert sunday["Patisserie"] > 2 * noon["Patisserie"]


def test_a_few_stores_have_most_of_the_sales() -> None:
    sales = Counter(one.receipt.store_id for one in many(TUESDAY_NOON))
    largest = sum(count for _, count in sales.most_common(40))

    assert 0.45 < largest / 6000 < 0.75


def test_a_chain_is_the_same_every_time_and_another_for_another_seed() -> None:
    assert chain.build(3, 10, 4) == chain.build(3, 10, 4)
    assert chain.build(3, 10, 4) != chain.build(4, 10, 4)
