"""One run: send, let it settle, compare all places, and say what does not hold."""

import asyncio
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from loadtest.bench.private import System, running_system
from loadtest.bench.usage import PeakMemory, resident_mib
from loadtest.chaos.verifying import verify
from loadtest.fuzz.comparison import differences
from loadtest.fuzz.report import Report
from loadtest.fuzz.sender import Sender
from loadtest.fuzz.stores import CUTOFF_HOUR, ZONE, table
from tillstream.errors import TillstreamError

#: Receipts of the most lines are larger than the default: the most that the setting may be.
MAX_RECEIPT_BYTES = 4 * 1024 * 1024
#: Longest wait for the ledger and the archive to have all, seconds.
SETTLE_SECONDS = 300.0

Say = Callable[[str], None]


class Options(NamedTuple):
    """How much is sent; the seed makes the same of it."""

    receipts: int
    broken: int
    seed: int


@contextmanager
def system_for_fuzz(folder: Path) -> Iterator[System]:
    """The whole system with the stores of the fuzz. Raises ServerNotReadyError."""
    stores_file = folder / "stores.csv"
    stores_file.write_text(table(), encoding="utf-8")
    environ = {
        "STORE_TIMEZONE": ZONE,
        "BUSINESS_DAY_CUTOFF_HOUR": str(CUTOFF_HOUR),
        "STORES_FILE": str(stores_file),
        "MAX_RECEIPT_BYTES": str(MAX_RECEIPT_BYTES),
        "API_KEYS": "off",
        "REFUSE_RULES": "",
        # So few that most repetitions are met downstream.
        "REMEMBERED_RECEIPTS": "100",
        "ACCESS_LOG": "off",
    }
    with running_system(environ=environ) as system:
        yield system


def run(system: System, options: Options, folder: Path, say: Say) -> Report:
    """Send everything and compare. What does not hold is in the report, not raised."""
    before = system.pids()
    door = urlsplit(system.entrypoint)
    sender = Sender(str(door.hostname), int(door.port or 0), options.seed)
    started = time.monotonic()
    with PeakMemory(lambda: resident_mib(before["entrypoint"])) as memory:
        sent = asyncio.run(sender.run(options.receipts, options.broken, say))
    report = Report(options.seed, sent, memory.mib)
    restarted = [name for name, pid in system.pids().items() if before.get(name) != pid]
    report.problems += [f"{name} died and was started again" for name in restarted]
    seconds = time.monotonic() - started
    say(
        f"everything is sent, {options.receipts / seconds:,.0f} receipts and"
        f" {options.broken / seconds:,.0f} broken requests a second; waiting for `verify`"
    )
    verdict = settled(system)
    report.verdict = verdict
    try:
        report.problems += differences(system, sent.known, folder / "seals", say)
    except (TillstreamError, OSError, ValueError, KeyError) as error:
        where = "".join(traceback.format_tb(error.__traceback__)[-2:])
        report.problems.append(f"a place cannot be read: {error!r}\n{where}")
    restarted = [name for name, pid in system.pids().items() if before.get(name) != pid]
    report.problems += [f"{name} has another process at the end" for name in restarted]
    return report


def settled(system: System) -> dict[str, Any]:
    """What `verify` finds; it waits for the ledger and the archive itself, some of the time."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        verdict = verify(system, "analytics")
        if verdict["status"] == 0 or time.monotonic() > deadline:
            return verdict
        if not any(
            "behind" in each["what"] or each["what"].startswith("archive")
            for each in verdict.get("differences", [])
        ):
            return verdict
