"""Which products are bought together: pairs of different products within receipts. Pure."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain, combinations

import msgspec

#: Different products of one receipt that are paired at most: of more it is an order, not a basket.
MOST_PRODUCTS = 20
#: Baskets that have both, at least: fewer say nothing.
LEAST = 5
#: Pairs that are shown.
MOST_PAIRS = 50


class Pair(msgspec.Struct, array_like=True, frozen=True):
    """Who buys `first` buys `second`; `first` is the one that fewer baskets have."""

    first: str
    second: str
    #: Baskets with both.
    count: int
    #: Of the baskets with `first`, the part that have `second`.
    share: float
    #: How many times more often they are together than if one said nothing of the other.
    lift: float


class Pairs(msgspec.Struct, frozen=True):
    """Pairs, and of how many baskets; `larger` are counted but not paired."""

    pairs: list[Pair]
    baskets: int
    larger: int


def count(baskets: Iterable[Iterable[str]]) -> Pairs:
    """Pairs that are in more baskets than by chance, the most baskets beyond that first."""
    several = [products for basket in baskets if (products := set(basket))]
    small = [sorted(basket) for basket in several if 1 < len(basket) <= MOST_PRODUCTS]
    single = Counter(chain.from_iterable(several))
    both = Counter(chain.from_iterable(combinations(basket, 2) for basket in small))
    whole = len(several)
    found = []
    for (one, other), number in both.items():
        by_chance = single[one] * single[other] / whole
        if number >= LEAST and number > by_chance:
            first, second = sorted((one, other), key=lambda code: (single[code], code))
            pair = Pair(
                first,
                second,
                number,
                round(number / single[first], 4),
                round(number / by_chance, 2),
            )
            found.append((by_chance - number, pair))
    found.sort(key=lambda each: (each[0], each[1].first, each[1].second))
    larger = sum(len(basket) > MOST_PRODUCTS for basket in several)
    return Pairs([pair for _, pair in found[:MOST_PAIRS]], whole, larger)
