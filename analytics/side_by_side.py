"""What the log, the ledger and the archive have, side by side, by business day or store. Pure."""

from collections.abc import Iterable
from datetime import date

import msgspec

from analytics.folds import WHOLE_DAY, Totals, by_key
from analytics.recount import Recount
from analytics.verification import ArchiveComparison, LedgerState
from tillstream.money import decimal_text

#: Receipts, and their gross in cents.
Sum = tuple[int, int]

_HEADS = ("day", "store", "receipts: log", "ledger", "archive", "gross: log", "ledger", "archive")


class Row(msgspec.Struct, frozen=True):
    """One day, or one store's day; `store` is empty for all stores."""

    day: str
    store: str
    log: Sum
    ledger: Sum
    archive: Sum

    def agrees(self) -> bool:
        """Whether the three are the same, to the cent."""
        return self.log == self.ledger == self.archive


def rows(
    recount: Recount, ledger: LedgerState, archive: ArchiveComparison, *, by_store: bool
) -> list[Row]:
    """Every day that one of them has, in order; with `by_store`, every store of it."""
    sums = [
        _of_totals(recount.days, by_store=by_store),
        _of_totals(ledger.totals, by_store=by_store),
        {},
    ]
    for (day, store), (receipts, cents) in archive.by_store.items():
        where = (day, store if by_store else "")
        before = sums[2].get(where, (0, 0))
        sums[2][where] = (before[0] + receipts, before[1] + cents)
    return [
        Row(where[0].isoformat(), where[1], *(found.get(where, (0, 0)) for found in sums))
        for where in sorted(set().union(*sums))
    ]


def text_table(found: Iterable[Row]) -> list[str]:
    """The rows as lines of text under their heads."""
    cells = [
        (
            row.day,
            row.store or "all",
            *(f"{receipts:,}" for receipts, _ in (row.log, row.ledger, row.archive)),
            *(decimal_text(cents) for _, cents in (row.log, row.ledger, row.archive)),
            "agree" if row.agrees() else "DIFFER",
        )
        for row in found
    ]
    widths = [
        max([len(head), *(len(row[column]) for row in cells)])
        for column, head in enumerate((*_HEADS, ""))
    ]
    return [
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [(*_HEADS, ""), *cells]
    ]


def _of_totals(days: dict[date, Totals], *, by_store: bool) -> dict[tuple[date, str], Sum]:
    sums: dict[tuple[date, str], Sum] = {}
    for day, totals in days.items():
        if by_store:
            for store, figures in by_key(totals, "store").items():
                sums[day, store] = (figures.receipts, figures.gross_minor)
        elif WHOLE_DAY in totals:
            figures = totals[WHOLE_DAY]
            sums[day, ""] = (figures.receipts, figures.gross_minor)
    return sums
