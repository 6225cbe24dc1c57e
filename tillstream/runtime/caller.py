"""Who runs a command, as an audit records it."""

import getpass
import os
import socket


def caller(command: str) -> dict[str, str]:
    """The user, the host and the command."""
    return {"user": _user(), "host": socket.gethostname(), "command": command}


def _user() -> str:
    try:
        return getpass.getuser()
    except OSError:
        # A container's user may have no name.
        return str(os.getuid())
