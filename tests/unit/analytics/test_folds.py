"""Folds are sums: of parts, in any order, to the cent."""

from operator import add
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from analytics.folds import LATE, WHOLE_DAY, Figures, Totals, by_key, fold
from analytics.sales import sale_of
from tests.receipts import decoded, line, receipt, receipts
from tillstream.clock import BusinessDay
from tillstream.errors import UndecodableMessage
from tillstream.stores import StoreTable

STORES = StoreTable(BusinessDay(ZoneInfo("Europe/Paris")), {})


def folded(all_fields: list[dict[str, Any]], stores: StoreTable = STORES) -> Totals:
    totals: Totals = {}
    for fields in all_fields:
        fold(totals, sale_of(decoded(fields), stores))
    return totals


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


def test_each_store_keeps_its_own_calendar() -> None:
    cayenne = BusinessDay(ZoneInfo("America/Cayenne"), 4)
    stores = StoreTable(STORES.default, {"7": cayenne})
    fields = receipt(date="2026-11-21T05:30:00Z")

    actual = [
        (sale.day.isoformat(), sale.hour)
        for store in (1, 7)
        for sale in [sale_of(decoded(fields | {"storeID": store}), stores)]
    ]

    assert [("2026-11-21", "06"), ("2026-11-20", "02")] == actual


def test_a_date_that_is_no_time_is_undecodable() -> None:
    with pytest.raises(UndecodableMessage, match="no time"):
        sale_of(decoded(receipt(date="2026-02-30 08:00:00")), STORES)


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
