"""What the log, the ledger and the archive have, side by side, by business day or store. Pure."""

from collections.abc import Iterable
from datetime import date

import msgspec

from analytics.counting.folds import WHOLE_DAY, Totals
from analytics.verify.comparison import ArchiveComparison, LedgerState, of_stores
from analytics.verify.recount import Recount
from tillstream.money import decimal_text
from tillstream.runtime.text_table import text_table

#: Receipts, and their gross in cents.
Sum = tuple[int, int]

#: The last column says whether the three agree.
_HEADS = (
    *("day", "store", "receipts: log", "ledger", "archive"),
    *("gross: log", "ledger", "archive", ""),
)


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
    if by_store:
        sums = [of_stores(recount.days), of_stores(ledger.totals), archive.by_store]
    else:
        sums = [_of_days(recount.days), _of_days(ledger.totals), _by_day(archive.by_store)]
    return [
        Row(where[0].isoformat(), where[1], *(found.get(where, (0, 0)) for found in sums))
        for where in sorted(set().union(*sums))
    ]


def as_text(found: Iterable[Row]) -> str:
    """The rows as a table for a terminal."""
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
    return text_table(_HEADS, cells)


def _of_days(days: dict[date, Totals]) -> dict[tuple[date, str], Sum]:
    wholes = {day: totals[WHOLE_DAY] for day, totals in days.items() if WHOLE_DAY in totals}
    return {(day, ""): (whole.receipts, whole.gross_minor) for day, whole in wholes.items()}


def _by_day(by_store: dict[tuple[date, str], Sum]) -> dict[tuple[date, str], Sum]:
    sums: dict[tuple[date, str], Sum] = {}
    for (day, _), (receipts, cents) in by_store.items():
        before = sums.get((day, ""), (0, 0))
        sums[day, ""] = (before[0] + receipts, before[1] + cents)
    return sums
