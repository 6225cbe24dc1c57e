"""HTTP for the hot paths: plain requests of known length come to the door whole, without ASGI.

Everything else goes the way of ASGI, in the same connection; docs/decisions/0008-direct-requests.md
says what that brings.
"""

from functools import lru_cache
from typing import Any, Protocol

from starlette.types import Scope
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from tillstream.http.asgi import Headers, Reply

#: Requests with these headers are not plain ones.
_INDIRECT = frozenset({b"expect", b"transfer-encoding", b"upgrade"})


class Answer(Protocol):
    """Takes the answer of a request, once, at any later time."""

    def __call__(self, reply: Reply, request_id: str) -> None: ...


class TakesDirectly(Protocol):
    """An application that takes whole requests beside those of ASGI."""

    def direct_bytes(self, method: bytes, target: bytes) -> int:
        """Largest body with which requests of this method and target may come whole; or 0."""

    def take_directly(self, scope: Scope, body: bytes, answer: Answer) -> None:
        """One request; `scope` has `method`, `path` and `headers`. Does not raise."""


class DirectProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with a short way for an application that TakesDirectly."""

    #: Given by uvicorn's configuration: an ASGI application that TakesDirectly.
    app: Any
    #: uvicorn's own, or an Exchange.
    cycle: Any

    def on_message_begin(self) -> None:
        # The scope of ASGI is made when it is known to be wanted.
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        if (exchange := self._direct_exchange()) is not None:
            self.cycle = exchange
            return
        url, headers, expect = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expect
        self.headers += headers
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if isinstance(self.cycle, Exchange):
            self.cycle.chunks.append(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        exchange = self.cycle
        if not isinstance(exchange, Exchange):
            super().on_message_complete()
            return
        scope = {"method": "POST", "path": self.url.decode("ascii"), "headers": self.headers}
        chunks = exchange.chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self.app.take_directly(scope, body, exchange.answer)

    def _direct_exchange(self) -> "Exchange | None":
        if self.cycle is not None and not self.cycle.response_complete:
            return None  # pipelined: it waits its turn
        most = self.app.direct_bytes(self.parser.get_method(), self.url)
        if not most:
            return None
        length = -1
        for name, value in self.headers:
            if name == b"content-length":
                length = int(value)
            elif name in _INDIRECT:
                return None
        if not 0 <= length <= most or self.parser.get_http_version() != "1.1":
            return None
        return Exchange(self, keep_alive=self.parser.should_keep_alive())


class _Nobody:
    """Stands for the event of a cycle that somebody waits for; nobody does here."""

    def set(self) -> None:
        """Nothing."""


_NOBODY = _Nobody()


class Exchange:
    """One request and its answer: what uvicorn looks at of a cycle, and no more."""

    __slots__ = ("_protocol", "chunks", "disconnected", "keep_alive", "response_complete")

    message_event = _NOBODY

    def __init__(self, protocol: DirectProtocol, *, keep_alive: bool) -> None:
        self._protocol = protocol
        #: The body as it comes; no more than its announced length.
        self.chunks: list[bytes] = []
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False

    def answer(self, reply: Reply, request_id: str) -> None:
        """Write the whole response at once; nothing when the client is gone."""
        self.response_complete = True
        protocol = self._protocol
        if self.disconnected or protocol.transport.is_closing():
            return
        # The date is a header by default, new every second.
        headers = (*protocol.server_state.default_headers, *reply.headers)
        if CLOSE_HEADER in reply.headers:
            self.keep_alive = False
        elif not self.keep_alive:
            headers = (*headers, CLOSE_HEADER)
        protocol.transport.write(
            b"%bx-request-id: %b\r\ncontent-length: %d\r\n\r\n%b"
            % (_head(reply.status, headers), request_id.encode(), len(reply.body), reply.body)
        )
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


@lru_cache(maxsize=64)
def _head(status: int, headers: Headers) -> bytes:
    """The status line and the headers that many responses share."""
    lines = [b"%b: %b\r\n" % header for header in headers]
    return b"".join([STATUS_LINE[status], *lines])
