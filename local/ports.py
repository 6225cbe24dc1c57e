"""Ports: free ones for the private servers, kept between starts; a clear no for a taken one."""

import json
import random
import socket
from collections.abc import Collection, Sequence
from pathlib import Path

from tillstream.errors import PortTakenError, ServerNotReadyError
from tillstream.runtime import files

#: Where ports are looked for, in this order, as far as Linux takes none of them for outgoing
#: connections: such a port may be taken between the check and the bind.
RANGES = ((20_000, 32_000), (10_000, 20_000), (61_000, 65_000))
#: From which ports of outgoing connections are taken: first and last.
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
ATTEMPTS = 200
#: A range with fewer ports is not worth a search.
FEWEST = 1_000


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
    """Raise PortTakenError when somebody listens on `port`; the setting `variable` moves it."""
    if not is_free(port):
        raise PortTakenError(port, variable)


def kept_ports(file: Path, names: Sequence[str]) -> dict[str, int]:
    """A free port for each name: that of the last start where it still is free, else a new one."""
    try:
        ports: dict[str, int] = json.loads(file.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        ports = {}
    for name in names:
        if name not in ports or not is_free(ports[name]):
            ports[name] = free_port(avoid=set(ports.values()))
    file.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: on a full disk the old ports are kept.
    files.write_durably(file, f"{json.dumps(ports, indent=1)}\n".encode())
    return {name: ports[name] for name in names}


def free_port(avoid: Collection[int] = ()) -> int:
    """A port that nobody listens on now and that no outgoing connection will take.

    Raises ServerNotReadyError where there is none.
    """
    candidates = eligible(*outgoing())
    for _ in range(ATTEMPTS):
        port = random.choice(candidates)  # noqa: S311 - no secret
        if port not in avoid and is_free(port):
            return port
    first, last = candidates[0], candidates[-1]
    raise ServerNotReadyError(f"no free port between {first} and {last} on this machine")


def eligible(first_outgoing: int, last_outgoing: int) -> Sequence[int]:
    """The ports to choose from, apart from those of outgoing connections (both ends included).

    Where the system gives all ports to outgoing connections, a range as any other.
    """
    for first, last in RANGES:
        below = range(first, min(last, first_outgoing - 1) + 1)
        above = range(max(first, last_outgoing + 1), last + 1)
        for ports in (below, above):
            if len(ports) >= FEWEST:
                return ports
    return range(RANGES[0][0], RANGES[0][1] + 1)


def outgoing() -> tuple[int, int]:
    """First and last port that Linux gives to outgoing connections."""
    try:
        first, last = map(int, OUTGOING.read_text().split())
    except (OSError, ValueError):
        return 32_768, 60_999
    return first, last
