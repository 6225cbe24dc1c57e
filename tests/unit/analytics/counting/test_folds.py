"""Folds are sums: of parts, in any order, to the cent."""

from collections import defaultdict
from datetime import date, datetime
from operator import add
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from analytics.counting.columns import Columns
from analytics.counting.decoding import read_columns
from analytics.counting.folds import LATE, WHOLE_DAY, Totals, by_key, summed
from analytics.counting.folds import add as add_sums
from tests.support.receipts import decoded, line, receipt, receipts, stamped
from tillstream.clock import BusinessDay
from tillstream.codec import JSON, NDJSON
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import Figures
from tillstream.log.reader import LogMessage
from tillstream.money import minor_units
from tillstream.stores import StoreTable

STORES = StoreTable(BusinessDay(ZoneInfo("Europe/Paris")), {})


def folded(all_fields: list[dict[str, Any]], stores: StoreTable = STORES) -> Totals:
    totals: Totals = {}
    add_sums(lambda _: totals, summed(columns(all_fields, stores)))
    return totals


def columns(all_fields: list[dict[str, Any]], stores: StoreTable = STORES) -> Columns:
    body = b"\n".join(stamped(fields) for fields in all_fields)
    return read_columns([LogMessage(0, body, NDJSON)], stores)


def test_six_and_five_ninety_are_eleven_ninety() -> None:
    actual = folded([receipt(1, cents=600), receipt(2, cents=590)])[WHOLE_DAY]

    assert Figures(2, 2000, 1190, 1190) == actual


def test_a_receipt_counts_once_in_each_category_that_it_touches() -> None:
    lines = [line(100, "Pain", 2), line(250, "Pain"), line(300, "Boisson", 0.5)]

    actual = folded([receipt(lines=lines, cents=650)])

    expected = {"Pain": Figures(1, 3000, 350, 350), "Boisson": Figures(1, 500, 300, 300)}
    assert expected == by_key(actual, "category")


def test_a_receipt_is_broken_down_in_every_way() -> None:
    tenders = [
        {"paymentMechanism": "CB", "settlementAmount": 4},
        {"paymentMechanism": "Especes", "settlementAmount": 1},
        {"paymentMechanism": "CB", "settlementAmount": 1},
    ]

    actual = folded([receipt(settlements=tenders, storeID="12", date="2026-11-21 07:59:59")])

    whole = Figures(1, 1000, 600, 600)
    expected = {
        ("day", ""): whole,
        ("hour", "07"): whole,
        ("store", "12"): whole,
        ("kind", "sales"): whole,
        ("category", "Pain"): whole,
        ("product", "00000011"): whole,
        ("vat", "0"): whole,
        ("tender", "CB"): Figures(1, 0, 500, 0),
        ("tender", "Especes"): Figures(1, 0, 100, 0),
    }
    assert expected == {entry: figures for entry, figures in actual.items() if entry != LATE}


def test_returns_and_voids_stand_apart_and_the_day_is_their_sum() -> None:
    actual = folded(
        [
            receipt(1, cents=1000),
            receipt(2, cents=-300),
            receipt(3, cents=-200, transactionType="void"),
        ]
    )

    expected = {
        "sales": Figures(1, 1000, 1000, 1000),
        "returns": Figures(1, 1000, -300, -300),
        "voids": Figures(1, 1000, -200, -200),
    }
    assert expected == by_key(actual, "kind")
    assert 500 == actual[WHOLE_DAY].gross_minor


def test_a_receipt_that_comes_after_its_day_closed_is_late() -> None:
    # The default stamp is of 2026-11-18 in UTC.
    on_time = receipt(1, date="2026-11-18 23:59:59")
    late = receipt(2, date="2026-11-17 23:59:59")

    actual = [LATE in folded([fields]) for fields in (on_time, late)]

    assert [False, True] == actual


@pytest.mark.parametrize(
    ("date_text", "received", "late"),
    [
        # Of 25 hours: half an hour before its end, and at its end.
        ("2026-10-25 00:10:00", "2026-10-25T22:30:00+00:00", False),
        ("2026-10-25 00:10:00", "2026-10-25T23:00:00+00:00", True),
        # Of 23 hours.
        ("2026-03-29 00:10:00", "2026-03-29T21:59:59+00:00", False),
        ("2026-03-29 00:10:00", "2026-03-29T22:00:00+00:00", True),
    ],
)
def test_a_day_of_23_or_25_hours_closes_when_it_ends(
    date_text: str, received: str, late: bool
) -> None:
    body = stamped(receipt(date=date_text), datetime.fromisoformat(received).timestamp())

    actual = summed(read_columns([LogMessage(0, body, JSON)], STORES))

    whole = {(day, name) for day, name, _ in actual if name in ("day", "late")}
    day = CurrencyDay(date.fromisoformat(date_text[:10]))
    assert {(day, "day"), *([(day, "late")] if late else [])} == whole


def test_each_store_keeps_its_own_calendar() -> None:
    cayenne = BusinessDay(ZoneInfo("America/Cayenne"), 4)
    stores = StoreTable(STORES.default, {"7": cayenne})
    fields = receipt(date="2026-11-21T05:30:00Z")

    read = columns([fields | {"storeID": store} for store in (1, 7)], stores)

    actual = [read.tables["receipts"].facts[fact][:2] for fact in read.tables["receipts"].fact]

    days = [CurrencyDay(date(2026, 11, day)) for day in (21, 20)]
    assert [(days[0], "06"), (days[1], "02")] == actual


def test_a_date_that_is_no_time_is_undecodable() -> None:
    read = columns([receipt(1), receipt(2, date="2026-02-30 08:00:00"), receipt(3)])

    assert [(0, "no time: '2026-02-30 08:00:00'")] == read.undecodable
    assert [1, 3] == read.numbers


def test_what_the_door_marked_is_counted_by_its_marks() -> None:
    actual = folded([receipt(1, marks=["tenders", "clock-ahead"]), receipt(2)])

    one = Figures(1, 1000, 600, 600)
    assert {"tenders": one, "clock-ahead": one} == by_key(actual, "mark")


@given(st.lists(receipts, max_size=12))
def test_columns_sum_to_what_receipts_sum_to_one_by_one(all_fields: list[dict[str, Any]]) -> None:
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for read in map(decoded, all_fields):
        gross = minor_units(read.document_total.gross_total)
        for entry in (WHOLE_DAY, ("store", str(read.store_id)), ("hour", read.date[11:13])):
            expected[entry] += gross
        for each in read.lines:
            cents = minor_units(each.settlement_amount)
            expected["category", each.product_category_name] += cents
            expected["product", str(each.product_code)] += cents
            expected["vat", f"{each.tax_percentage:g}"] += cents
        for tender in read.settlements:
            expected["tender", tender.payment_mechanism] += minor_units(tender.settlement_amount)

    actual = folded(all_fields)

    assert expected == {
        entry: figures.gross_minor
        for entry, figures in actual.items()
        if entry[0] not in ("kind", "late")
    }


@given(st.lists(receipts, max_size=20), st.integers(0, 20))
def test_the_sum_of_folds_is_the_fold_of_all(all_fields: list[dict[str, Any]], split: int) -> None:
    first, second = folded(all_fields[:split]), folded(all_fields[split:])
    nothing = Figures()
    merged = {
        entry: Figures(
            *map(
                add,
                astuple(first.get(entry, nothing)),
                astuple(second.get(entry, nothing)),
            )
        )
        for entry in first | second
    }

    assert folded(all_fields) == merged


@given(st.lists(receipts, max_size=12).flatmap(lambda x: st.tuples(st.just(x), st.permutations(x))))
def test_the_order_of_receipts_does_not_matter(
    orders: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    first, second = orders

    assert folded(first) == folded(second)
