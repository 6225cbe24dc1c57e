"""HTTP for the hot paths: plain requests of known length come to the door whole, without ASGI.

Everything else goes the way of ASGI, in the same connection; docs/decisions/0008-direct-requests.md
says what that brings.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol

from starlette.types import Scope
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from tillstream.http.asgi import Headers, Reply, problem_reply
from tillstream.http.bounded_protocol import BoundedProtocol
from tillstream.http.budgets import ByteBudget
from tillstream.http.keys import Caller
from tillstream.http.problems import ProblemError

#: Requests with these headers are not plain ones.
_INDIRECT = frozenset({b"expect", b"transfer-encoding", b"upgrade"})
#: A body up to this is let pass where the headers are refused, and the connection stays: to take
#: the client's next one costs more. Bytes.
PASSED_BYTES = 65_536


class Answer(Protocol):
    """Takes the answer of a request, once, at any later time."""

    def __call__(self, reply: Reply, request_id: str) -> None: ...


class DirectApplication(Protocol):
    """An application that takes whole requests beside those of ASGI."""

    #: What the bodies of all clients may hold.
    buffered: ByteBudget

    #: The targets to which a POST may come whole, and the largest body of each.
    direct_bytes: Mapping[bytes, int]
    #: Who sends a request, before its body is read; raises the ProblemError to answer.
    admit: Callable[[Scope], Caller]

    def handle(self, scope: Scope, body: bytes, caller: Caller, answer: Answer) -> None:
        """One request; `scope` has `method`, `path`, `headers` and the first of each name as
        `first_headers`. Does not raise.
        """

    def refused(self, status: int) -> None:
        """A request was refused before the application saw it."""


class DirectProtocol(BoundedProtocol):
    """The bounded protocol, with a short way for a DirectApplication."""

    #: Given by uvicorn's configuration: an ASGI application that is a DirectApplication.
    app: Any
    #: False: the next answer is the last of this connection, and says so.
    keeps_alive = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.watch.buffered = self.app.buffered

    def on_message_begin(self) -> None:
        # The scope of ASGI is made when it is known to be wanted.
        self.begin()
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        if self.refused or not self.headers_fit():
            return
        if self._go_direct():
            return
        url, headers, expect = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expect
        self.headers += headers
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self.refused:
            return
        if type(exchange := self.cycle) is Exchange:
            # No more than its announced length: the parser sees to that.
            self.body_bytes += len(body)
            if exchange.problem is None:
                exchange.chunks.append(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        exchange = self.cycle
        if not isinstance(exchange, Exchange):
            super().on_message_complete()
            return
        if not self.complete():
            return
        if exchange.problem is not None:
            self._answer_refused(exchange, exchange.problem)
            return
        chunks = exchange.chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        exchange.chunks = []  # whoever works on the body decides how long it is kept
        self.app.handle(exchange.scope, body, exchange.caller, exchange.answer)

    def count(self, status: int) -> None:
        super().count(status)
        self.app.refused(status)

    def forget(self) -> None:
        if isinstance(self.cycle, Exchange):
            self.cycle.chunks = []
        super().forget()

    def _go_direct(self) -> bool:
        """Whether the request comes whole, or was refused by its headers."""
        if self.cycle is not None and not self.cycle.response_complete:
            return False  # pipelined: it waits its turn
        if self.whole or self.flow.write_paused:
            # One of many that were read at once, or its client takes no answers: the way of ASGI
            # gives others their turns and waits for the client.
            return False
        most = self.app.direct_bytes.get(self.url)
        if most is None or self.parser.get_method() != b"POST":
            return False
        first = dict(reversed(self.headers))
        if not _INDIRECT.isdisjoint(first):
            return False
        length = int(first.get(b"content-length", -1))
        if not 0 <= length <= most:
            return False
        if self.parser.get_http_version() != "1.1":
            return False
        scope = {
            "method": "POST",
            "path": self.url.decode("ascii"),
            "headers": self.headers,
            "first_headers": first,
        }
        caller, problem = self._admitted(scope)
        if problem is not None and length > PASSED_BYTES:
            self.refuse(problem)
            return True
        keep_alive = self.keeps_alive and self.parser.should_keep_alive()
        self.cycle = Exchange(self, scope, caller, problem, keep_alive)
        return True

    def _admitted(self, scope: Scope) -> tuple[Caller | None, ProblemError | None]:
        try:
            return self.app.admit(scope), None
        except ProblemError as problem:
            # With their frames they would hold each other until the next collection of garbage.
            problem.__cause__ = problem.__context__ = None
            return None, problem.with_traceback(None)

    def _answer_refused(self, exchange: "Exchange", problem: ProblemError) -> None:
        # No budget is spent: the body was dropped as it came, the connection stays.
        self.app.refused(problem.status)
        request_id = self.watch.request_ids.fresh()
        exchange.answer(problem_reply(problem, request_id), request_id)


class _Nobody:
    """Stands for the event of a cycle that somebody waits for; nobody does here."""

    def set(self) -> None:
        """Nothing."""


_NOBODY = _Nobody()


class Exchange:
    """One request and its answer: what uvicorn looks at of a cycle, and no more."""

    __slots__ = (
        "_protocol",
        "caller",
        "chunks",
        "disconnected",
        "keep_alive",
        "problem",
        "response_complete",
        "scope",
    )

    message_event = _NOBODY

    def __init__(
        self,
        protocol: DirectProtocol,
        scope: Scope,
        caller: Caller | None,
        problem: ProblemError | None,
        keep_alive: bool,
    ) -> None:
        """`caller` sends it; or else `problem` is to be answered."""
        self._protocol = protocol
        self.scope = scope
        self.caller = caller
        self.problem = problem
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
