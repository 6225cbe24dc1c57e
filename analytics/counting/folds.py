"""What is summed from receipts, as one table: a breakdown is one line of it.

Pure: integers in, integers out. The sum of the folds of parts is the fold of the whole, and
the order of receipts does not matter.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from analytics.counting.columns import AmountTable, Columns, Integers
from analytics.counting.dictionary_columns import distinct
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import Figures


class Breakdown(NamedTuple):
    """Which rows are summed, and by which keys: none, one or several for the facts of a row."""

    #: Name of one of the tables of Columns.
    table: str
    keys: Callable[[Any], Iterable[str]]


#: Every breakdown of a business day. Each key counts a receipt that touches it once.
BREAKDOWNS: dict[str, Breakdown] = {
    "day": Breakdown("receipts", lambda _: ("",)),
    "late": Breakdown("receipts", lambda receipt: ("",) if receipt.late else ()),
    "hour": Breakdown("receipts", lambda receipt: (receipt.hour,)),
    "store": Breakdown("stores", lambda place: (place.store,)),
    "kind": Breakdown("receipts", lambda receipt: (receipt.kind,)),
    "mark": Breakdown("receipts", lambda receipt: receipt.marks),
    "category": Breakdown("lines", lambda line: (line.category,)),
    "product": Breakdown("lines", lambda line: (line.product,)),
    "vat": Breakdown("lines", lambda line: (line.rate,)),
    "tender": Breakdown("tenders", lambda tender: (tender.mechanism,)),
}

#: The keys under which `day` and `late` keep their only figures.
WHOLE_DAY = ("day", "")
LATE = ("late", "")


#: Totals of one day: (breakdown, key) -> figures.
Totals = dict[tuple[str, str], Figures]

#: What is to be added: (day, breakdown, key) -> receipts, units, gross, net.
Sums = dict[tuple[CurrencyDay, str, str], list[int]]


def summed(columns: Columns) -> Sums:
    """What the receipts of a batch add to the totals of their days."""
    tables = columns.tables
    sums = {name: _sums(table) for name, table in tables.items()}
    return {
        (day, name, key): added
        for name, breakdown in BREAKDOWNS.items()
        for (day, key), added in _by_key(
            tables[breakdown.table], sums[breakdown.table], breakdown
        ).items()
    }


def add(
    totals_of: Callable[[CurrencyDay], Totals],
    sums: Sums,
    changed: dict[CurrencyDay, set[tuple[str, str]]] | None = None,
) -> None:
    """Add sums to totals; notes the entries that it changes in `changed`."""
    for (day, name, key), (receipts, units, gross, net) in sums.items():
        entry = (name, key)
        totals = totals_of(day)
        figures = totals.get(entry)
        if figures is None:
            figures = totals[entry] = Figures()
        figures.receipts += receipts
        figures.units_milli += units
        figures.gross_minor += gross
        figures.net_minor += net
        if changed is not None:
            changed[day].add(entry)


def by_key(totals: Totals, breakdown: str) -> dict[str, Figures]:
    """The figures of one breakdown."""
    return {key: figures for (name, key), figures in totals.items() if name == breakdown}


def _sums(table: AmountTable) -> Integers:
    """The amounts of the rows of each of the table's facts, added up."""
    sums = np.zeros((len(table.facts), 3), np.int64)
    for column in range(3):  # column by column, numpy adds six times as fast
        np.add.at(sums[:, column], table.fact, table.amounts[:, column])
    return sums


def _by_key(
    table: AmountTable, sums: Integers, breakdown: Breakdown
) -> dict[tuple[CurrencyDay, str], list[int]]:
    """Receipts, units, gross and net by (day, key)."""
    entries: dict[tuple[CurrencyDay, str], int] = {}
    pairs = [
        (index, entries.setdefault((facts.day, key), len(entries)))
        for index, facts in enumerate(table.facts)
        for key in breakdown.keys(facts)
    ]
    added = np.zeros((len(entries), 4), np.int64)
    if not pairs:
        return {}
    fact, entry = np.array(pairs, np.int64).T
    np.add.at(added[:, 1:], entry, sums[fact])
    added[:, 0] = _receipts(table, fact, entry, len(entries))
    # Facts may be of rows that were left out.
    return {
        each: figures for each, figures in zip(entries, added.tolist(), strict=True) if figures[0]
    }


def _receipts(table: AmountTable, fact: Integers, entry: Integers, entries: int) -> Integers:
    """How many receipts touch each entry, each counted once however many of its rows do."""
    if np.array_equal(fact, np.arange(len(table.facts))):  # one key for each row
        touched, receipt = entry[table.fact], table.receipt
        if table.single:
            return np.bincount(touched, minlength=entries)
    else:
        rows = [np.flatnonzero(table.fact == one) for one in fact]
        touched = np.repeat(entry, [len(found) for found in rows])
        receipt = table.receipt[np.concatenate(rows)]
    once, _ = distinct(receipt * entries + touched, (int(receipt.max(initial=0)) + 1) * entries)
    return np.bincount(once % entries, minlength=entries)
