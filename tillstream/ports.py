"""Listening sockets: a taken port is told in one line, with the setting that moves it."""

import errno
import socket

from tillstream.errors import PortTaken


def listen(host: str, port: int, variable: str) -> socket.socket:
    """A bound TCP socket; raises PortTaken naming the port and `variable`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(port, variable) from error
        raise
    return listener
