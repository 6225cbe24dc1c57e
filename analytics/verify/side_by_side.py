"""What the log, the ledger and the archive have, side by side, by business day or store. Pure."""

from collections.abc import Iterable, Mapping, Set

import msgspec

from analytics.counting.folds import WHOLE_DAY
from analytics.ledger.ledger_file import Ledger
from analytics.verify.comparison import of_stores
from tillstream.currencies import exponent_of
from tillstream.currency_day import CurrencyDay
from tillstream.money import decimal_text
from tillstream.runtime.text_table import text_table

#: Receipts, and their gross in minor units.
Sum = tuple[int, int]

#: The last column says whether the three agree.
_HEADS = (
    *("day", "store", "receipts: log", "ledger", "archive"),
    *("gross: log", "ledger", "archive", ""),
)


class Row(msgspec.Struct, frozen=True):
    """One day, or one store's day; `store` is empty for all stores."""

    #: Of another currency than euros it says so: `2026-11-21 JPY`.
    day: str
    store: str
    log: Sum
    ledger: Sum
    archive: Sum

    def text(self, minor: int) -> str:
        """An amount of the day's currency."""
        _, _, currency = self.day.partition(" ")
        return decimal_text(minor, exponent_of(currency or None))

    def agrees(self) -> bool:
        """Whether the three are the same, to the cent."""
        return self.log == self.ledger == self.archive


def rows(
    log: Ledger,
    ledger: Ledger,
    archive: Mapping[tuple[CurrencyDay, str], Sum],
    skipped: Set[int] = frozenset(),
    *,
    by_store: bool,
) -> list[Row]:
    """Every day that one of them has but those skipped (ordinals); with `by_store`, its stores."""
    if by_store:
        sums = [of_stores(log), of_stores(ledger), archive]
    else:
        sums = [_of_days(log), _of_days(ledger), _by_day(archive)]
    return [
        Row(str(where[0]), where[1], *(found.get(where, (0, 0)) for found in sums))
        for where in sorted(set().union(*sums))
        if where[0].ordinal() not in skipped
    ]


def as_text(found: Iterable[Row]) -> str:
    """The rows as a table for a terminal."""
    cells = [
        (
            row.day,
            row.store or "all",
            *(f"{receipts:,}" for receipts, _ in (row.log, row.ledger, row.archive)),
            *(row.text(minor) for _, minor in (row.log, row.ledger, row.archive)),
            "agree" if row.agrees() else "DIFFER",
        )
        for row in found
    ]
    return text_table(_HEADS, cells)


def _of_days(ledger: Ledger) -> dict[tuple[CurrencyDay, str], Sum]:
    wholes = {day: ledger.totals(day).get(WHOLE_DAY) for day in ledger.days()}
    return {(day, ""): (one.receipts, one.gross_minor) for day, one in wholes.items() if one}


def _by_day(by_store: Mapping[tuple[CurrencyDay, str], Sum]) -> dict[tuple[CurrencyDay, str], Sum]:
    sums: dict[tuple[CurrencyDay, str], Sum] = {}
    for (day, _), (receipts, cents) in by_store.items():
        before = sums.get((day, ""), (0, 0))
        sums[day, ""] = (before[0] + receipts, before[1] + cents)
    return sums
