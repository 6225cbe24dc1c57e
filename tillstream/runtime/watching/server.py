"""A small HTTP server in a thread, for processes that have none: health and figures, read only.

One request a connection, GET or HEAD, a few connections at once; what is more, longer or later is
dropped. It knows nothing of bodies, keep-alive or encodings, and so has nothing to be fed with.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

import structlog

from tillstream.runtime import essential, ports
from tillstream.runtime.watching.health import Health
from tillstream.runtime.watching.pages import JSON, Page

log = structlog.get_logger()

#: Connections that are served at once; Prometheus, a health check and a command are three.
MAX_CONNECTIONS = 8
#: From the connection to the last byte of its answer, seconds.
REQUEST_SECONDS = 2.0
#: The whole head of a request.
MAX_HEAD_BYTES = 8_192
#: Between two looks at whether to end, seconds.
ACCEPT_SECONDS = 0.5

Pages = Mapping[str, Callable[[], Page]]


class WatchServer:
    """Serves `pages` on a listening socket until it is closed."""

    def __init__(self, listener: socket.socket, component: str, pages: Pages) -> None:
        self._listener = listener
        self._component = component
        self._pages = pages
        self._places = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._ended = threading.Event()
        self._thread = essential.thread("watching", self._accept)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._listener.settimeout(ACCEPT_SECONDS)
        self._thread.start()

    def close(self) -> None:
        """Listen no more; what is being answered ends within its time."""
        self._ended.set()
        self._thread.join(2 * ACCEPT_SECONDS)
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                # Such as no file left: the next may be accepted.
                self._ended.wait(ACCEPT_SECONDS)
                continue
            if not self._places.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(
                target=self._serve, args=(connection,), name="watched", daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError):
                deadline = time.monotonic() + REQUEST_SECONDS
                head = _head(connection, deadline)
                if head is not None:
                    connection.settimeout(max(0.01, deadline - time.monotonic()))
                    connection.sendall(self.answer(head))
        finally:
            self._places.release()

    def answer(self, head: bytes) -> bytes:
        """The whole answer to the head of a request."""
        method, _, rest = head.split(b"\r\n", 1)[0].partition(b" ")
        target, _, protocol = rest.partition(b" ")
        path = target.partition(b"?")[0].decode("ascii", "replace")
        if not protocol.startswith(b"HTTP/1."):
            return self._refused(HTTPStatus.BAD_REQUEST, "this is no request of HTTP/1.1")
        if method not in (b"GET", b"HEAD"):
            return self._refused(HTTPStatus.METHOD_NOT_ALLOWED, "only GET and HEAD are answered")
        if path not in self._pages:
            there = ", ".join(self._pages)
            return self._refused(HTTPStatus.NOT_FOUND, f"there is only {there}")
        try:
            page = self._pages[path]()
        # Whatever a figure raises, the process itself goes on.
        except Exception:
            log.exception("a page for watching failed", path=path)
            return self._refused(HTTPStatus.INTERNAL_SERVER_ERROR, "the log says why")
        return _answer(page, with_body=method == b"GET")

    def _refused(self, status: HTTPStatus, reason: str) -> bytes:
        body = Health(self._component, status.phrase.lower(), reason).encoded()
        return _answer(Page(status, JSON, body), with_body=True)


def _head(connection: socket.socket, deadline: float) -> bytes | None:
    """Up to the empty line; None where it is too long or too late."""
    head = b""
    while b"\r\n\r\n" not in head:
        remaining = deadline - time.monotonic()
        if remaining <= 0 or len(head) > MAX_HEAD_BYTES:
            return None
        connection.settimeout(remaining)
        piece = connection.recv(MAX_HEAD_BYTES)
        if not piece:
            return None
        head += piece
    return head


def _answer(page: Page, *, with_body: bool) -> bytes:
    head = (
        f"HTTP/1.1 {page.status.value} {page.status.phrase}\r\n"
        f"Content-Type: {page.media_type}\r\nContent-Length: {len(page.body)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (page.body if with_body else b"")


@contextmanager
def serving(host: str, port: int | None, component: str, pages: Pages) -> Iterator[int | None]:
    """Serve `pages` as long as the block lasts; gives the port. Without a port there is no server.

    0 takes any free port. Raises PortTakenError.
    """
    if port is None:
        yield None
        return
    server = WatchServer(ports.listen(host, port, "WATCH_PORT"), component, pages)
    server.start()
    log.info("watched", host=host, port=server.port)
    try:
        yield server.port
    finally:
        server.close()
