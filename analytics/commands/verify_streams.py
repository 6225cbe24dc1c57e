"""The last part of `verify --streams`: the windows of events, by the room that has them."""

import subprocess
import sys


def verify_streams(*, as_json: bool) -> int:
    """Run `python -m events verify` with our environment and output; returns its exit status.

    A room imports no other. It ends with us: a signal of the terminal reaches both, and it stops
    at the end of the query that it is at.
    """
    sys.stdout.flush()
    command = [sys.executable, "-m", "events", "verify", *(["--json"] if as_json else [])]
    return subprocess.run(command, check=False).returncode
