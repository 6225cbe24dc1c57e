"""What is summed from receipts, as one table: a new breakdown is one new line of it.

Pure: integers in, integers out. The sum of the folds of parts is the fold of the whole, and
the order of receipts does not matter.
"""

from collections.abc import Callable, Iterable

import msgspec

from analytics.sales import Amounts, Sale

#: What one sale adds: to which keys of a breakdown, and how much.
Parts = Iterable[tuple[str, Amounts]]

#: Every breakdown of a business day. Each key counts a receipt that touches it once.
BREAKDOWNS: dict[str, Callable[[Sale], Parts]] = {
    "day": lambda sale: (("", sale.whole),),
    "late": lambda sale: (("", sale.whole),) if sale.late else (),
    "hour": lambda sale: ((sale.hour, sale.whole),),
    "store": lambda sale: ((sale.store, sale.whole),),
    "kind": lambda sale: ((sale.kind, sale.whole),),
    "category": lambda sale: sale.categories.items(),
    "vat": lambda sale: sale.vat_rates.items(),
    "tender": lambda sale: sale.tenders.items(),
}

#: The keys under which `day` and `late` keep their only figures.
WHOLE_DAY = ("day", "")
LATE = ("late", "")


class Figures(msgspec.Struct, gc=False):
    """What is known of one key of a breakdown; a fold adds to it in place."""

    receipts: int = 0
    #: Units in thousandths.
    units_milli: int = 0
    #: Gross and net in cents.
    gross_minor: int = 0
    net_minor: int = 0


#: Totals of one day: (breakdown, key) -> figures.
Totals = dict[tuple[str, str], Figures]


def fold(totals: Totals, sale: Sale, changed: set[tuple[str, str]] | None = None) -> None:
    """Add a sale to the totals of its day; notes the entries that it changes in `changed`."""
    for breakdown, parts in BREAKDOWNS.items():
        for key, (units, gross, net) in parts(sale):
            entry = (breakdown, key)
            figures = totals.get(entry)
            if figures is None:
                figures = totals[entry] = Figures()
            figures.receipts += 1
            figures.units_milli += units
            figures.gross_minor += gross
            figures.net_minor += net
            if changed is not None:
                changed.add(entry)


def by_key(totals: Totals, breakdown: str) -> dict[str, Figures]:
    """The figures of one breakdown."""
    return {key: figures for (name, key), figures in totals.items() if name == breakdown}
