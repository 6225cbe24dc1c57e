"""The chain: its stores, their sizes and tills; a few stores sell much, most sell little."""

from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import NamedTuple

#: Exponent of the Pareto law of store sizes: the largest fifth of the stores has more
#: than half of the sales.
SIZE_EXPONENT = 1.5
#: The largest store is at most this many times the smallest.
SIZE_LIMIT = 60.0
#: People who work at a till over a week.
STAFF_PER_TILL = 3


class Till(NamedTuple):
    """One till of one store, both numbered from 1, and who may work at it."""

    store: int
    number: int
    #: Agents of the store are numbered 1 to this.
    staff: int


class Chain(NamedTuple):
    """All tills, and the running sum of their shares of the shoppers."""

    tills: Sequence[Till]
    cumulative: Sequence[float]


def build(seed: int, stores: int, tills: int) -> Chain:
    """The chain of `seed`: `stores` stores of `tills` tills each; the same every time."""
    # Text seeds are hashed by SHA-512: the same on every machine and Python version.
    rng = Random(f"{seed}/stores")
    members: list[Till] = []
    shares: list[float] = []
    for store in range(1, stores + 1):
        size = min(rng.paretovariate(SIZE_EXPONENT), SIZE_LIMIT)
        for number in range(1, tills + 1):
            members.append(Till(store, number, STAFF_PER_TILL * tills))
            # The first till is always open, the others when there is a queue.
            shares.append(size / number)
    return Chain(tuple(members), tuple(accumulate(shares)))
