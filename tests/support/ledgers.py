"""Ledgers in memory, and what is in a ledger."""

from pathlib import Path

from analytics.counting.folds import Totals
from analytics.ledger.ledger_file import Ledger
from analytics.verify.recount import Recount
from tillstream.currency_day import CurrencyDay
from tillstream.ledger import KEY_BYTES


def recount_in_memory() -> Recount:
    """A recount that leaves no file."""
    return Recount(Ledger(Path(":memory:"), journal="OFF"))


def totals_by_day(ledger: Ledger) -> dict[CurrencyDay, Totals]:
    """Every total of a ledger."""
    return {day: ledger.totals(day) for day in ledger.days()}


def kept_keys(ledger: Ledger) -> list[bytes]:
    """Every identity that a ledger keeps, in order."""
    return [
        bytes(record[:KEY_BYTES])
        for each in ledger.identities.days()
        for record in ledger.identities.of_day(each.day)
    ]
