"""Pairs of products within receipts."""

from dashboard.state.basket_pairs import LEAST, MOST_PRODUCTS, Pair, count


def test_a_pair_is_counted_once_a_receipt_from_the_rarer_product() -> None:
    baskets = [["coffee", "tart", "tart"]] * 6 + [["coffee"]] * 6 + [["bread"]] * 12
    found = count(baskets)

    # Of 24, half have coffee and a quarter the tart: by chance three have both.
    assert [Pair("tart", "coffee", 6, 1.0, 2.0)] == found.pairs
    assert (24, 0) == (found.baskets, found.larger)


def test_few_receipts_and_what_is_no_more_than_chance_make_no_pair() -> None:
    chance = [["a", "b"]] * 10 + [["a"]] * 10 + [["b"]] * 10 + [["c"]] * 10

    assert [] == count([["a", "b"]] * (LEAST - 1) + [["c"]] * 10).pairs
    assert [] == count(chance).pairs
    assert [] == count([]).pairs


def test_an_order_of_many_products_is_counted_and_not_paired() -> None:
    order = [str(number) for number in range(MOST_PRODUCTS + 1)]
    found = count([order] * 9 + [[]])

    assert ([], 9, 9) == (found.pairs, found.baskets, found.larger)
