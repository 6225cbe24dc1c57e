"""The plain sum over the newest versions, by day, store and currency."""

from collections import Counter
from collections.abc import Iterable
from datetime import tzinfo
from typing import NamedTuple

from loadtest.receivers.sales import Sale, gross, returned_amounts


class Key(NamedTuple):
    """What figures are summed by."""

    day: str
    store: str
    currency: str


def plain_sum(newest: Iterable[Sale], zone: tzinfo) -> dict[Key, int]:
    """Gross in minor units. A return counts on its own day; tests and cancelled sales do not."""
    sums: Counter[Key] = Counter()
    for sale in newest:
        if sale.cancelled or sale.is_test:
            continue
        sums[Key(f"{sale.at.astimezone(zone):%Y-%m-%d}", sale.store, sale.currency)] += gross(sale)
        for refund in sale.refunds:
            key = Key(f"{refund.at.astimezone(zone):%Y-%m-%d}", sale.store, sale.currency)
            sums[key] -= sum(each.gross for each in returned_amounts(sale, refund))
    return {key: total for key, total in sums.items() if total}


def differences(expected: dict[Key, int], found: dict[Key, int]) -> list[str]:
    """A line for each key that differs, in order of the keys."""
    return [
        f"{key.day} store {key.store} {key.currency}: expected {expected.get(key, 0)}, "
        f"found {found.get(key, 0)}, in minor units"
        for key in sorted(expected.keys() | found.keys())
        if expected.get(key, 0) != found.get(key, 0)
    ]
