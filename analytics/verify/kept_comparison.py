"""Compares the kept figures of a day by store with those of a recount. Pure."""

from analytics.ledger.kept_figures import KeptFigures
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import StoreFigures, total
from tillstream.verify_report import Disagreement


def compare_kept(expected: KeptFigures, found: KeptFigures, day: CurrencyDay) -> list[Disagreement]:
    """Each store whose figures of a day are not those of a recount; "" is the chain."""
    return [
        Disagreement(
            "ledger: kept figures of the store" if store else "ledger: kept figures of the chain",
            str(day),
            store,
            told(wanted),
            told(kept),
        )
        for store in sorted({*expected.stores(day), *found.stores(day)})
        if (wanted := expected.figures(day, store)) != (kept := found.figures(day, store))
    ]


def told(figures: StoreFigures | None) -> str:
    """What tells most of a body; they may differ in something else."""
    if figures is None:
        return "none"
    whole = total(figures.hours.values())
    return f"{whole.receipts} receipts, {whole.gross_minor} cents"
