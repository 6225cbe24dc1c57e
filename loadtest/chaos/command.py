"""Runs a command of the product on the system under faults, as an operator would."""

import subprocess
import sys

from loadtest.bench.private import System

#: Longest that one may take, seconds.
COMMAND_SECONDS = 300


def command(system: System, room: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m room ...`, ended; raises TimeoutExpired."""
    return subprocess.run(
        [sys.executable, "-m", room, *arguments],
        env=system.environ,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=COMMAND_SECONDS,
    )
