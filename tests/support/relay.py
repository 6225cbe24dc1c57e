"""A port before a server that a test can cut and mend."""

import contextlib
import select
import socket
import threading

from local.ports import free_port


class Relay:
    """A port of our own before a server, which can be cut and mended."""

    def __init__(self, host: str, port: int, most: int | None = None) -> None:
        """Of more than `most` connections the others hang."""
        self.port = free_port()
        self._most = most
        self._carried = 0
        self._target = (host, port)
        self._open = threading.Event()
        self._ended = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def mend(self) -> None:
        self._open.set()

    def carry_all(self) -> None:
        """Carry every connection from the next one on."""
        self._most = None

    def turn_to(self, host: str, port: int) -> None:
        """Carry the next connections to another server."""
        self._target = (host, port)

    def cut(self) -> None:
        """Close every connection, and the port."""
        self._closed.clear()
        self._open.clear()
        assert self._closed.wait(10)

    def __enter__(self) -> "Relay":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._ended.is_set():
            if self._open.wait(0.05):
                self._carry()
                self._closed.set()

    def _carry(self) -> None:
        with contextlib.ExitStack() as stack:
            door = stack.enter_context(socket.create_server(("127.0.0.1", self.port)))
            peers: dict[socket.socket, socket.socket] = {}
            while self._open.is_set() and not self._ended.is_set():
                for ready in select.select([door, *peers], [], [], 0.05)[0]:
                    if ready is door:
                        near = stack.enter_context(door.accept()[0])
                        self._carried += 1
                        if self._most is not None and self._carried > self._most:
                            continue
                        far = stack.enter_context(socket.create_connection(self._target, 5))
                        peers |= {near: far, far: near}
                    elif ready in peers:
                        self._pass_on(ready, peers)

    def _pass_on(self, source: socket.socket, peers: dict[socket.socket, socket.socket]) -> None:
        try:
            data = source.recv(65536)
            peers[source].sendall(data)
        except OSError:
            data = b""
        if not data:
            peer = peers.pop(source)
            peers.pop(peer, None)
            source.close()
            peer.close()
