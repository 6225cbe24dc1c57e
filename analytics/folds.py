"""What is summed from receipts, as one table: a new breakdown is one new line here.

Pure: integers in, integers out. The sum of the folds of parts is the fold of the whole, and
the order of receipts does not matter.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tillstream.contracts import Receipt
from tillstream.money import milli_units, minor_units


class Amounts(NamedTuple):
    """What is summed for one key of a breakdown; a group under addition."""

    #: Receipts that touched the key, each once.
    receipts: int = 0
    #: Units in thousandths.
    units_milli: int = 0
    #: Gross and net in cents.
    gross_minor: int = 0
    net_minor: int = 0

    def plus(self, other: "Amounts") -> "Amounts":
        """The sum, field by field."""
        return Amounts(
            self.receipts + other.receipts,
            self.units_milli + other.units_milli,
            self.gross_minor + other.gross_minor,
            self.net_minor + other.net_minor,
        )


#: Totals of one day: (breakdown, key) -> amounts.
Totals = dict[tuple[str, str], Amounts]


def _whole_day(receipt: Receipt) -> Iterable[tuple[str, Amounts]]:
    total = receipt.document_total
    units = sum(milli_units(line.quantity) for line in receipt.lines)
    gross, net = minor_units(total.gross_total), minor_units(total.net_total)
    return [("", Amounts(1, units, gross, net))]


def _by_category(receipt: Receipt) -> Iterable[tuple[str, Amounts]]:
    categories: dict[str, Amounts] = {}
    for line in receipt.lines:
        name = line.product_category_name
        amounts = Amounts(
            0,
            milli_units(line.quantity),
            minor_units(line.settlement_amount),
            minor_units(line.credit_amount),
        )
        categories[name] = categories.get(name, Amounts(receipts=1)).plus(amounts)
    return categories.items()


#: Every breakdown: its name, and what one receipt adds to which of its keys.
BREAKDOWNS: dict[str, Callable[[Receipt], Iterable[tuple[str, Amounts]]]] = {
    "day": _whole_day,
    "category": _by_category,
}

#: The key under which `day` keeps its only amounts.
WHOLE_DAY = ("day", "")


def fold(totals: Totals, receipt: Receipt) -> list[tuple[str, str]]:
    """Add a receipt to the totals of its day; returns the keys that changed."""
    changed = []
    for breakdown, parts in BREAKDOWNS.items():
        for key, amounts in parts(receipt):
            entry = (breakdown, key)
            before = totals.get(entry)
            totals[entry] = amounts if before is None else before.plus(amounts)
            changed.append(entry)
    return changed
