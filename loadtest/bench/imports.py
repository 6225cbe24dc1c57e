"""Imports: a generated DSFinV-K export to a private door by the command that users type."""

import sqlite3
import time
from contextlib import closing
from typing import NamedTuple

from loadtest.bench.command import measured
from loadtest.bench.harness import Options, Result
from loadtest.bench.private import CommandFailedError, System, running_system
from tillstream.log.looking_up import last_offset
from tillstream.runtime.data_folder import LEDGER

#: The issue's target.
TARGET_PER_SECOND = 10_000.0
#: Receipts of an export; the larger one with `--long`.
RECEIPTS, LONG_RECEIPTS, QUICK_RECEIPTS = 200_000, 1_000_000, 5_000
#: Longest until the ledger has what the door accepted.
COUNTED_SECONDS = 600
_DAYS = (
    "SELECT COALESCE(SUM(receipts), 0), COALESCE(SUM(gross_minor), 0),"
    " COALESCE(SUM(net_minor), 0) FROM totals WHERE breakdown = 'day'"
)
_REPEATS = (
    "SELECT COALESCE(SUM(duplicates), 0), COALESCE(SUM(conflicts), 0),"
    " COALESCE(SUM(next_offset), 0) FROM progress"
)


class Counted(NamedTuple):
    """What the ledger has: sums in minor units, and what came again."""

    receipts: int
    gross: int
    net: int
    duplicates: int
    conflicts: int
    #: Of the log, what it reads next.
    next_offset: int


def run(options: Options) -> Result:
    """Write an export, read it alone, then import it twice: the second adds nothing."""
    series = Result()
    receipts = options.size(LONG_RECEIPTS if options.long else RECEIPTS, QUICK_RECEIPTS)
    series.notes.append(
        f"Imports: a DSFinV-K export of {receipts:,} receipts by `python -m generator dsfinvk`;"
        " `python -m connectors import` with one door and the totals worker beside it. Memory is"
        " that of the command."
    )
    with running_system(["entrypoint", "totals"]) as system:
        file = str(system.data_dir / "export.zip")
        count = str(receipts)
        made = measured(system, "generator", "dsfinvk", "--receipts", count, "--out", file)
        series.add("export written", "s", made.seconds, "lower")
        for _ in range(options.rounds):
            read = measured(system, "connectors", "import", file, "--check")
            series.add("read and compared", "receipts/s", receipts / read.seconds, "higher")
        # Only the first one is new to the door; each further one has to be refused as known.
        for number in range(2):
            done = measured(system, "connectors", "import", file)
            what = "imported" if number == 0 else "imported again"
            target = TARGET_PER_SECOND if number == 0 else None
            series.add(what, "receipts/s", receipts / done.seconds, "higher", target)
            series.add(f"{what}, memory", "MiB", done.memory, "lower")
            agreed = [line for line in done.said.splitlines() if "closings, " in line]
            series.notes.append(f"{what}: {agreed[-1] if agreed else 'no summary'}")
            counted = _counted(system)
            if number == 0:
                once = counted
            series.add(
                f"{what}: added to the ledger",
                "receipts",
                counted.receipts - (0 if number == 0 else once.receipts),
                "lower",
                None if number == 0 else 0,
            )
        if counted[:3] != once[:3] or counted.conflicts:
            raise CommandFailedError(f"the second import changed the ledger: {once}, {counted}")
        series.notes.append(
            f"The ledger after both: {counted.receipts:,} receipts, {counted.gross / 100:,.2f} EUR"
            f" gross, {counted.net / 100:,.2f} net; {counted.duplicates:,} counted as repeated, of"
            f" {counted.next_offset - once.next_offset:,} more messages on the log: the door"
            " remembers its newest receipts and writes none of them twice."
        )
    return series


def _counted(system: System) -> Counted:
    """What the ledger has when it has read the log; raises CommandFailedError when that is late."""
    last = last_offset(system.amqp_url) or 0
    end = time.monotonic() + COUNTED_SECONDS
    while True:
        path = system.data_dir / LEDGER
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as ledger:
            seen = Counted(*ledger.execute(_DAYS).fetchone(), *ledger.execute(_REPEATS).fetchone())
        if seen.next_offset > last:
            return seen
        if time.monotonic() > end:
            raise CommandFailedError(
                f"after {COUNTED_SECONDS} s the ledger has {seen}, and the log ends at {last}"
            )
        time.sleep(0.5)
