"""In which order deliveries arrive: late ones, duplicates, and retries after a lost answer."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from loadtest.receivers.delivery import Request, Vendor
from loadtest.receivers.sales import Sale

#: Of a hundred deliveries: how many come late, come twice, and lose their answer.
LATE, DOUBLED, LOST = 15, 10, 3
_MOST_LATE = 3_600


class Sending(NamedTuple):
    """One request at its time."""

    at: datetime
    request: Request
    #: What it tells of.
    sale: Sale
    #: Whether the vendor never sees the answer, and so sends it again.
    loses_answer: bool


def sendings(vendor: Vendor, sales: Iterable[list[Sale]], rng: random.Random) -> list[Sending]:
    """Of all versions of all sales, as they arrive."""
    found = []
    for versions in sales:
        for sale in versions:
            for request in vendor.requests(sale):
                found += _times(sale, request, rng)
    return sorted(found, key=lambda each: each.at)


def _times(sale: Sale, request: Request, rng: random.Random) -> list[Sending]:
    at = sale.updated
    if rng.randrange(100) < LATE:
        at += timedelta(seconds=rng.randrange(_MOST_LATE))
    first = Sending(at, request, sale, rng.randrange(100) < LOST)
    if rng.randrange(100) < DOUBLED:
        again = at + timedelta(seconds=rng.randrange(_MOST_LATE))
        return [first, first._replace(at=again, loses_answer=False)]
    return [first]
