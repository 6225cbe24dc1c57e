"""Runs `rabbitmqctl` on a private node."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from local.programs import Program
from tillstream.errors import ServerNotReadyError

#: Longest that a command may take, seconds: each starts an Erlang of its own.
COMMAND_SECONDS = 60


def rabbitmqctl(programs: Iterable[Program], *arguments: str) -> str:
    """What it prints; raises ServerNotReadyError where it fails or takes too long."""
    (node,) = (one for one in programs if one.name == "rabbitmq")
    # The script beside the server's: Debian's on the PATH changes the user.
    command = [str(Path(node.argv[0]).with_name("rabbitmqctl")), "--quiet", *arguments]
    try:
        done = subprocess.run(
            command,
            env=os.environ | node.env,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServerNotReadyError(str(error)) from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise ServerNotReadyError(f"{' '.join(command)} ends with {done.returncode}: {said}")
    return done.stdout
