"""How fast the generator makes receipts: to a file, on one core."""

import os
import tempfile
import time
from pathlib import Path

from loadtest.bench.harness import Options, Result
from loadtest.receipt_pool import generate

#: The issue's target on one core, receipts per second.
TARGET = 100_000


def run(options: Options) -> Result:
    """Receipts per second to a file, without and with the start of the process."""
    series = Result()
    count = options.size(1_000_000, 20_000)
    series.notes.append(
        f"`python -m generator burst --count {count} --to file`, pinned to one core, to a file in"
        " memory; the first round warms the caches up and is thrown away."
    )
    # The generator has the cores of who starts it.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        for number in range(options.rounds + 1):
            file = Path(folder, "receipts.ndjson")
            seconds, cpu = _generate(count, Path(folder), file)
            if number:
                series.add("to a file", "receipts/s", count / seconds, "higher", TARGET)
                series.add("CPU for one receipt", "us", 1e6 * cpu / count, "lower")
                series.add("one receipt", "bytes", file.stat().st_size / count, "lower")
            file.unlink()
    return series


def _generate(count: int, folder: Path, file: Path) -> tuple[float, float]:
    """Seconds of the clock and of the processor, the start of Python included."""
    before, started = os.times(), time.perf_counter()
    generate(file, count, {"DATA_DIR": str(folder)})
    elapsed, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system
    return elapsed, cpu - before.children_user - before.children_system


def _memory() -> str | None:
    """A folder whose files never touch a disk, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
