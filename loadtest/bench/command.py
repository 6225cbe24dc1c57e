"""Runs a command to its end, and says how long it took and how much memory it came to."""

import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from loadtest.bench.private import CommandFailedError, System
from loadtest.bench.usage import PeakMemory, resident_mib

#: Thirty million receipts are read in that, on a slow machine too.
DEADLINE_SECONDS = 3_600


class Ended(NamedTuple):
    """A command that ended well."""

    seconds: float
    #: Largest resident memory of it and everything below it, MiB.
    memory: float
    #: What it wrote, its errors included.
    said: str


def measured(system: System, *arguments: str) -> Ended:
    """Run `python -m ...` for a system; raises CommandFailedError where it does not end with 0."""
    with tempfile.TemporaryFile("w+") as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env=system.environ | {"LOG_LEVEL": "ERROR"},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        with PeakMemory(lambda: resident_mib(process.pid)) as memory:
            try:
                process.wait(DEADLINE_SECONDS)
                seconds = time.perf_counter() - started
            finally:
                process.kill()
        said.seek(0)
        text = said.read()
    if process.returncode:
        raise CommandFailedError(f"`{' '.join(arguments)}` failed: {text[-2000:]}")
    return Ended(seconds, memory.mib, text)
