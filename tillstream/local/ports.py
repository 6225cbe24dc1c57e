"""Ports: free ones for the private servers, kept between starts; a clear no for a taken one."""

import json
import random
import socket
from collections.abc import Sequence
from pathlib import Path

from tillstream.errors import PortTaken, ServerNotReady

#: Below the range from which Linux takes the ports of outgoing connections (32768 and up).
FIRST, LAST = 20_000, 32_000
ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now, on any address of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
        # Connections that are closing (TIME_WAIT) do not keep a server from listening.
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def require_free(port: int, variable: str) -> None:
    """Raise PortTaken when somebody listens on `port`; `variable` is the setting that moves it."""
    if not is_free(port):
        raise PortTaken(port, variable)


def kept_ports(file: Path, names: Sequence[str]) -> dict[str, int]:
    """A free port for each name: that of the last start where it still is free, else a new one."""
    try:
        ports: dict[str, int] = json.loads(file.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        ports = {}
    for name in names:
        if name not in ports or not is_free(ports[name]):
            ports[name] = _free_port(avoid=set(ports.values()))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(ports, indent=1) + "\n")
    return {name: ports[name] for name in names}


def _free_port(avoid: set[int]) -> int:
    for _ in range(ATTEMPTS):
        port = random.randint(FIRST, LAST)  # noqa: S311 - no secret
        if port not in avoid and is_free(port):
            return port
    raise ServerNotReady(f"no free port between {FIRST} and {LAST} on this machine")
