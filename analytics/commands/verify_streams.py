"""The last part of `verify --streams`: the windows of events, by the room that has them."""

import subprocess
import sys

from tillstream.runtime import interrupt


def verify_streams(*, as_json: bool) -> int:
    """Run `python -m events verify` with our environment and output; returns its exit status.

    A room imports no other. It ends with us: a signal of the terminal reaches both, and it stops
    at the end of the query that it is at.
    """
    sys.stdout.flush()
    command = [sys.executable, "-m", interrupt.ROOM_PROCESS, "events", "verify"]
    if as_json:
        command.append("--json")
    return subprocess.run(command, check=False).returncode
