"""Folds are sums: of parts, in any order, to the cent."""

from hypothesis import given
from hypothesis import strategies as st

from analytics.folds import WHOLE_DAY, Amounts, Totals, fold
from tests.receipts import decoded, line, receipt, receipts


def folded(all_fields: list[dict[str, object]]) -> Totals:
    totals: Totals = {}
    for fields in all_fields:
        fold(totals, decoded(fields))
    return totals


def test_six_and_five_ninety_are_eleven_ninety() -> None:
    actual = folded([receipt(1, cents=600), receipt(2, cents=590)])[WHOLE_DAY]

    assert Amounts(2, 2000, 1190, 1190) == actual


def test_a_receipt_counts_once_in_each_category_that_it_touches() -> None:
    lines = [line(100, "Pain", 2), line(250, "Pain"), line(300, "Boisson", 0.5)]

    actual = folded([receipt(lines=lines, cents=650)])

    expected = {
        WHOLE_DAY: Amounts(1, 3500, 650, 650),
        ("category", "Pain"): Amounts(1, 3000, 350, 350),
        ("category", "Boisson"): Amounts(1, 500, 300, 300),
    }
    assert expected == actual


@given(st.lists(receipts, max_size=20), st.integers(0, 20))
def test_the_sum_of_folds_is_the_fold_of_all(
    all_fields: list[dict[str, object]], split: int
) -> None:
    first, second = folded(all_fields[:split]), folded(all_fields[split:])
    merged = {
        entry: first.get(entry, Amounts()).plus(second.get(entry, Amounts()))
        for entry in first | second
    }

    assert folded(all_fields) == merged


@given(st.lists(receipts, max_size=12).flatmap(lambda x: st.tuples(st.just(x), st.permutations(x))))
def test_the_order_of_receipts_does_not_matter(
    orders: tuple[list[dict[str, object]], list[dict[str, object]]],
) -> None:
    first, second = orders

    assert folded(first) == folded(second)
