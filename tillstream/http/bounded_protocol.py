"""uvicorn's HTTP protocol within budgets: headers, bodies, time and connections.

uvicorn bounds none of them with httptools. A request that comes whole costs a few comparisons;
everything else happens for what is unfinished when its bytes have been read.
"""

import asyncio
from functools import partial
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from tillstream.http.asgi import problem_reply
from tillstream.http.budgets import HttpBudgets
from tillstream.http.connections import ConnectionWatch
from tillstream.http.problems import (
    ProblemError,
    header_too_large,
    no_room,
    too_large_body,
    too_late,
    too_many_connections,
    too_many_pipelined,
)

#: A refused client may still send so long; what it sends is dropped. Closed at once, it would see
#: a reset instead of the answer.
LINGER_SECONDS = 2.0
#: Requests that may wait behind one that is at work, of one connection: each costs some 4 KiB,
#: and the few bytes of another are read at once with it.
MAX_PIPELINED = 100
PIPELINED_BYTES = 4096

#: What a connection waits for.
IDLE, HEADERS, BODY = range(3)


_watches: WeakKeyDictionary[ServerState, ConnectionWatch] = WeakKeyDictionary()


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, that refuses what is over the budgets."""

    #: uvicorn's own, or another that has `response_complete`, `disconnected`, `message_event`.
    cycle: Any

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        budgets: HttpBudgets,
        max_body_bytes: int,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        watch = _watches.get(server_state)
        if watch is None:
            watch = _watches[server_state] = ConnectionWatch(budgets, server_state.connections)
        self.watch = watch
        self._max_header_bytes = budgets.max_header_bytes
        self._max_headers = budgets.max_headers
        self._max_body_bytes = max_body_bytes
        self._phase = IDLE
        #: Bytes since the last part of a body or the last whole request.
        self._silent_bytes = 0
        self.body_bytes = 0
        #: Bytes of the budget that it holds, and how many of them are of the body that comes.
        self._held = self._of_body = 0
        self._since = self._progress = 0.0
        #: Bytes of answers that the client did not take at the last look, and since when.
        self._unsent = 0
        self._unsent_since = self._unsent_progress = 0.0
        #: Whether a request of what is being read has come whole.
        self.whole = False
        self.refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        watch = self.watch
        watch.start(self.loop)
        if len(self.connections) > watch.budgets.max_connections:
            other = watch.least_needed(self)
            if other is None:
                self.refuse(too_many_connections(), linger=False)
                return
            other.make_room()
        self._wait(self.loop.time())

    def make_room(self) -> None:
        """Close the connection now: another one needs its place."""
        self._wait_no_more()
        if self.refused or self.transport.is_closing():
            self.transport.abort()
        else:
            self.refuse(too_many_connections(), linger=False)

    @property
    def idle(self) -> bool:
        """Whether it waits for a next request."""
        return self._phase == IDLE and not self.at_work and not self.transport.is_closing()

    @property
    def at_work(self) -> bool:
        """Whether a request has come that is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def unread(self) -> bool:
        """Whether the client has to take what was sent before it gets more."""
        return self.flow.write_paused

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        self.release()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        self._silent_bytes += len(data)
        self.whole = False
        body_bytes = self.body_bytes
        super().data_received(data)
        if self.refused:
            return
        if self.pipeline:
            self.hold(len(data) + PIPELINED_BYTES * len(self.pipeline))
            if self.refused:
                return
        if self._phase == IDLE:
            self._silent_bytes = 0
            if self.whole or self.at_work:
                self._wait_no_more()
            elif self not in self.watch.waiting:
                # Line breaks before a request: they ended the time that it may take to come.
                self._wait(self.loop.time())
            return
        now = self.loop.time()
        if self not in self.watch.waiting:
            self._wait(now)
        if self.body_bytes != body_bytes:
            self._progress = now
            self._silent_bytes = 0
        elif self._silent_bytes > self._max_header_bytes:
            # Of headers, or of what stands between the chunks of a body and after it.
            self.refuse(header_too_large(self.watch.budgets))
            return
        if self._phase == BODY:
            self.hold(self.body_bytes - self._of_body)
            self._of_body = self.body_bytes

    def on_message_begin(self) -> None:
        self.begin()
        super().on_message_begin()

    def begin(self) -> None:
        """A request has begun."""
        self._phase = HEADERS
        self.body_bytes = self._of_body = 0
        self._since = 0.0

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) < self._max_headers:
            super().on_header(name, value)
        elif not self.refused:
            self.refuse(header_too_large(self.watch.budgets))

    def on_headers_complete(self) -> None:
        if self.refused or not self.headers_fit():
            return
        for name, value in self.headers:
            if name == b"content-length" and int(value) > self._max_body_bytes:
                self.refuse(too_large_body(self._max_body_bytes))
                return
        super().on_headers_complete()
        if len(self.pipeline) > MAX_PIPELINED:
            self.refuse(too_many_pipelined(MAX_PIPELINED))

    def on_body(self, body: bytes) -> None:
        if self.refused:
            return
        self.body_bytes += len(body)
        if self.body_bytes > self._max_body_bytes:
            self.refuse(too_large_body(self._max_body_bytes))
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.complete():
            super().on_message_complete()

    def complete(self) -> bool:
        """Whether the request, now whole, is to be answered."""
        self._phase = IDLE
        self.whole = True
        if not self.pipeline:
            self.release()
        return not self.refused

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._held and not self.pipeline and self._phase == IDLE:
            self.release()

    def headers_fit(self) -> bool:
        """Whether the headers, now complete, are within their budget; refuses them otherwise."""
        self._phase = BODY
        self._since = self._progress = 0.0
        if self._silent_bytes > self._max_header_bytes:  # else not even all that came is
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > self._max_header_bytes:
                self.refuse(header_too_large(self.watch.budgets))
                return False
        return True

    def hold(self, size: int) -> None:
        """Account for what came and is not worked on; refuses it when there is no room."""
        if self.watch.buffered.take(size):
            self._held += size
        else:
            self.refuse(no_room())

    def release(self) -> None:
        """Nothing that waits is held any more."""
        if self._held:
            self.watch.buffered.give_back(self._held)
            self._held = 0

    def check_time(self, now: float) -> None:
        """End what takes too long to come or to be taken; `now` is the loop's time."""
        if self.refused and now - self._since > LINGER_SECONDS:
            self.transport.abort()  # closed, it would wait for its client to take the answer
            return
        if self._unsent_too_long(now):
            self.count(HTTPStatus.REQUEST_TIMEOUT)
            self.transport.abort()
            return
        if self.refused or self not in self.watch.waiting:
            return
        budgets = self.watch.budgets
        if not self._since or self.flow.read_paused:  # a part that began after the last look
            self._since = self._progress = now
        elif self._phase != BODY:
            if now - self._since > budgets.header_timeout_seconds:
                self.refuse(too_late("headers", budgets.header_timeout_seconds))
        elif now - self._progress > budgets.body_idle_seconds:
            self.refuse(too_late("next bytes of the body", budgets.body_idle_seconds))
        elif now - self._since > budgets.body_timeout_seconds:
            self.refuse(too_late("body", budgets.body_timeout_seconds))

    def _unsent_too_long(self, now: float) -> bool:
        """Whether the client takes no answer: nothing of it, or too slowly."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent or not self._unsent:
            self._unsent_since = self._unsent_progress = now
        elif unsent < self._unsent:
            self._unsent_progress = now
        self._unsent = unsent
        budgets = self.watch.budgets
        return (
            now - self._unsent_progress > budgets.body_idle_seconds
            or now - self._unsent_since > budgets.body_timeout_seconds
        )

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unsent = 0  # most was taken: the time for the rest and for more begins anew

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is told so, unless the client was told something before."""
        if not self.refused:
            super().send_400_response(msg)

    def refuse(self, problem: ProblemError, *, linger: bool = True) -> None:
        """Answer the request that is unfinished, forget what came of it, close the connection."""
        if self.refused or self.transport.is_closing():
            return
        self.refused = True
        self._since = self.loop.time()
        self.count(problem.status)
        self.release()
        busy = self.cycle is not None and not self.cycle.response_complete
        # An answer may be under way to this request, or to one before it: then there is no place
        # for another one.
        silent = busy and (
            self._phase != BODY
            or bool(self.pipeline)
            or getattr(self.cycle, "response_started", False)
        )
        silent = silent or (
            self._phase == IDLE and problem.status != HTTPStatus.SERVICE_UNAVAILABLE
        )
        if busy:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.forget()
        if not silent:
            self.transport.write(self._answer(problem))
        if silent or not linger:
            self._close()
            return
        self.transport.write_eof()
        # What else comes is read and dropped: the client would not see the answer otherwise.
        self.flow.resume_reading()
        self._wait(self.loop.time())

    def _close(self) -> None:
        """Close the connection, at once where its client has not taken what was sent."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def count(self, status: int) -> None:
        """A request was refused."""
        self.watch.count(status)

    def forget(self) -> None:
        """Let go what came of the request."""
        self.headers, self.url = [], b""
        if hasattr(self.cycle, "body"):
            self.cycle.body = bytearray()
        self.pipeline.clear()

    def _wait(self, now: float) -> None:
        self._since = self._progress = now
        self.watch.waiting.pop(self, None)
        self.watch.waiting[self] = None
        self.watch.start(self.loop)

    def _wait_no_more(self) -> None:
        self.watch.waiting.pop(self, None)

    def _answer(self, problem: ProblemError) -> bytes:
        request_id = self.watch.request_ids.fresh()
        reply = problem_reply(problem, request_id)
        headers = [
            *self.server_state.default_headers,
            *(header for header in reply.headers if header[0] != CLOSE_HEADER[0]),
            (b"content-length", b"%d" % len(reply.body)),
            (b"x-request-id", request_id.encode()),
            CLOSE_HEADER,
        ]
        lines = [b"%b: %b\r\n" % header for header in headers]
        return b"".join([STATUS_LINE[reply.status], *lines, b"\r\n", reply.body])


def within(
    protocol: type[BoundedProtocol], budgets: HttpBudgets, max_body_bytes: int
) -> type[asyncio.Protocol]:
    """`protocol` for the option `http` of uvicorn's configuration."""
    made: Any = partial(protocol, budgets=budgets, max_body_bytes=max_body_bytes)
    return made  # type: ignore[no-any-return]
