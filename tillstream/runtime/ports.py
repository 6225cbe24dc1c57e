"""Listening sockets: a taken port is told in one line, with the setting that moves it."""

import errno
import socket
from collections.abc import Callable
from typing import TypeVar

from tillstream.errors import PortTakenError

S = TypeVar("S", bound=socket.socket)

#: Connections that may wait to be accepted.
BACKLOG = 2_048


def listen(host: str, port: int, variable: str) -> socket.socket:
    """A listening TCP socket; raises PortTakenError naming the port and `variable`."""
    listener = _bound(socket.socket, host, port, variable, socket.SO_REUSEADDR)
    listener.listen(BACKLOG)
    return listener


class SharedPort(socket.socket):
    """A port that is held for several processes; itself it does not listen.

    Each process that it is sent to gets a listener of its own, and the kernel spreads the
    connections over them. Where processes accept from one listener, a quick one may take all.
    """

    def __reduce__(self) -> tuple[Callable[..., socket.socket], tuple[str, int]]:
        host, port = self.getsockname()[:2]
        return _listen_beside, (host, port)


def share(host: str, port: int, variable: str) -> SharedPort:
    """A port for several processes; raises PortTakenError naming the port and `variable`."""
    # Another program that shares its port as well would not be noticed otherwise.
    _bound(socket.socket, host, port, variable, socket.SO_REUSEADDR).close()
    return _bound(SharedPort, host, port, variable, socket.SO_REUSEPORT)


def bind_beside(host: str, port: int, variable: str) -> socket.socket:
    """A socket beside those of other processes of this user that share the port.

    It does not listen yet: the kernel gives it no connections before somebody would take them.
    Raises PortTakenError where somebody has the port and does not share it.
    """
    # A connection that lingers has the options of its listener: without SO_REUSEADDR it would hold
    # the port for a minute after the last process is gone.
    return _bound(socket.socket, host, port, variable, socket.SO_REUSEPORT, socket.SO_REUSEADDR)


def _listen_beside(host: str, port: int) -> socket.socket:
    listener = bind_beside(host, port, "")
    listener.listen(BACKLOG)
    return listener


def _bound(kind: type[S], host: str, port: int, variable: str, *options: int) -> S:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = kind(family, socket.SOCK_STREAM)
    for option in options:
        bound.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(port, variable) from error
        raise
    return bound
