"""Imports: a generated DSFinV-K export to a private door by the command that users type."""

from loadtest.bench.command import measured
from loadtest.bench.harness import Options, Result
from loadtest.bench.private import running_system

#: The issue's target.
TARGET_PER_SECOND = 10_000.0


def run(options: Options) -> Result:
    """Write an export, read it alone, then import it twice: the second adds nothing."""
    series = Result()
    receipts = options.size(1_000_000, 5_000)
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
    return series
