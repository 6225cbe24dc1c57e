"""Compares the kept figures of a day by store with those of a recount. Pure."""

from datetime import date

from analytics.ledger.ledger_file import Ledger
from tillstream.day_figures import StoreFigures, total
from tillstream.verify_report import Disagreement


def compare_kept(expected: Ledger, found: Ledger, day: date) -> list[Disagreement]:
    """Each store whose figures of a day are not those of a recount; "" is the chain."""
    theirs, ours = expected.store_days, found.store_days
    return [
        Disagreement(
            "ledger: kept figures of the store" if store else "ledger: kept figures of the chain",
            day.isoformat(),
            store,
            _gross(wanted),
            _gross(kept),
        )
        for store in sorted({*theirs.stores(day), *ours.stores(day)})
        if (wanted := _figures(expected, day, store)) != (kept := _figures(found, day, store))
    ]


def _figures(ledger: Ledger, day: date, store: str) -> StoreFigures | None:
    found = ledger.store_days.figures(day, store)
    return found and found[0]


def _gross(figures: StoreFigures | None) -> str:
    """What tells most of a body; they may differ in something else."""
    if figures is None:
        return "none"
    whole = total(figures.hours.values())
    return f"{whole.receipts} receipts, {whole.gross_minor} cents"
