"""Runs a command to its end, and says how long it took and how much memory it came to."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import NamedTuple

from loadtest.bench.usage import PeakMemory
from tillstream.errors import TillstreamError

DEADLINE_SECONDS = 900


class Ended(NamedTuple):
    """A command that ended well."""

    seconds: float
    #: Largest resident memory of it and everything below it, MiB.
    memory: float
    #: What it wrote, its errors included.
    said: str


def run_module(*arguments: str, environ: Mapping[str, str]) -> Ended:
    """Run `python -m ...`; raises TillstreamError where it does not end with 0."""
    with tempfile.TemporaryFile("w+") as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], env=environ, stdout=said, stderr=subprocess.STDOUT
        )
        with PeakMemory(process.pid) as memory:
            try:
                process.wait(DEADLINE_SECONDS)
                seconds = time.perf_counter() - started
            finally:
                process.kill()
        said.seek(0)
        text = said.read()
    if process.returncode:
        raise TillstreamError(f"`{' '.join(arguments)}` failed: {text[-2000:]}")
    return Ended(seconds, memory.mib, text)
