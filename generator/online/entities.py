"""What happens in the shop, one number after the other: who exists before who is referred to.

A customer or product is sent before anything names it. The same seed has the same customers and
products; what else there is has other ids with another start.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from generator.hashes import Hashes, mixed

Integers = npt.NDArray[np.int64]

CUSTOMERS, PRODUCTS, TRANSACTIONS = "customers", "products", "transactions"
VIEWS, INTERACTIONS, LOGS = "product_views", "user_interactions", "system_logs"
#: The streams, in the order in which those of one moment are sent.
STREAMS = (CUSTOMERS, PRODUCTS, TRANSACTIONS, VIEWS, INTERACTIONS, LOGS)
#: How much of the messages is of each, where nobody says.
MIX = (5.0, 3.0, 15.0, 55.0, 15.0, 7.0)

_SALTS = {stream: np.uint64((number + 1) << 56) for number, stream in enumerate(STREAMS)}


class Happened(NamedTuple):
    """A row a message of one stream; numbers of customers and products are from 0."""

    #: Microseconds.
    time: Integers
    #: What its id is made of.
    mark: Hashes
    customer: Integers
    product: Integers


class Entities:
    """Makes messages, and keeps how many customers and products have been sent."""

    def __init__(
        self, seed: int, start_us: int, customers: int, products: int, mix: tuple[float, ...]
    ) -> None:
        """`mix` has a weight for each of STREAMS; customers and products are never without one."""
        self._seed = seed
        self._run = int(mixed(np.array([start_us ^ seed << 32], np.uint64))[0])
        self._most = (customers, products)
        weights = np.array(mix, float)
        self._shares = weights / weights.sum()
        self._sent = [0, 0]
        self._number = 0

    def happen(self, times: Integers) -> Mapping[str, Happened]:
        """A message at each of the ascending times, in the order of their time in each stream."""
        count = len(times)
        draws = np.random.default_rng([self._seed, self._run, self._number])
        numbers = self._number + np.arange(count)
        self._number += count
        kinds = draws.choice(len(STREAMS), count, p=self._shares)
        # Nothing can be named before them.
        kinds = np.where(numbers < 2, numbers, kinds)
        named = []
        for kind, most in enumerate(self._most):
            at = np.flatnonzero(kinds == kind)
            sent = self._sent[kind] + np.cumsum(kinds == kind)
            chosen = (np.clip(sent, 1, most) * draws.random(count)).astype(np.int64)
            # The first messages of a kind make new ones, the others tell news of known ones.
            chosen[at] = np.where(sent[at] <= most, sent[at] - 1, chosen[at])
            self._sent[kind] += len(at)
            named.append(chosen)
        return {
            stream: self._of(stream, at, times, numbers, named)
            for kind, stream in enumerate(STREAMS)
            if len(at := np.flatnonzero(kinds == kind))
        }

    def _of(
        self, stream: str, at: Integers, times: Integers, numbers: Integers, named: list[Integers]
    ) -> Happened:
        customer, product = (each[at] for each in named)
        if stream == CUSTOMERS:
            mark = self.customer_marks(customer)
        elif stream == PRODUCTS:
            mark = self.product_marks(product)
        else:
            mark = mixed(numbers[at].astype(np.uint64) + _SALTS[stream]) ^ np.uint64(self._run)
        return Happened(times[at], mark, customer, product)

    def customer_marks(self, customer: Integers) -> Hashes:
        """What the ids of customers are made of: by the seed alone."""
        return self._marks(CUSTOMERS, customer)

    def product_marks(self, product: Integers) -> Hashes:
        """What the ids of products are made of: by the seed alone."""
        return self._marks(PRODUCTS, product)

    def _marks(self, stream: str, numbers: Integers) -> Hashes:
        return mixed(numbers.astype(np.uint64) + _SALTS[stream] + np.uint64(self._seed << 32))
