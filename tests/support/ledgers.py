"""Ledgers in memory, and what is in a ledger."""

import sqlite3
from contextlib import closing
from pathlib import Path

from analytics.counting.folds import Totals
from analytics.ledger.ledger_file import Ledger
from analytics.verify.recount import Recount
from tillstream.currency_day import CurrencyDay
from tillstream.ledger import KEY_BYTES
from tillstream.log.partitioned_log import PartitionedLog
from tillstream.log.positions import Offsets


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


def next_offsets(path: Path) -> Offsets:
    """From where on the ledger goes on; of none that is not there yet."""
    try:
        # Not as a ledger yet: of an empty file the first who opens it makes one.
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            if file.execute("SELECT next_offset FROM progress").fetchone() is None:
                return {}
    except sqlite3.OperationalError:
        return {}
    with Ledger(path, create=False) as ledger:
        return ledger.progress().next_offsets()


def ends(log: PartitionedLog) -> dict[int, int]:
    """Of each partition the position behind its last message."""
    return {number: last + 1 for number, last in log.last_offsets().items()}
