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
from uvicorn.server import ServerState

from tillstream.http.budgets import HttpBudgets
from tillstream.http.client_times import SendTimes
from tillstream.http.connections import ConnectionWatch
from tillstream.http.idle_protocol import BODY, HEADERS, IDLE
from tillstream.http.problems import (
    contradicted_header,
    header_too_large,
    no_room,
    too_large_body,
    too_many_connections,
    too_many_pipelined,
)
from tillstream.http.refusing_protocol import RefusingProtocol
from tillstream.http.repeated_headers import contradicted

#: A refused client may still send so long; what it sends is dropped. Closed at once, it would see
#: a reset instead of the answer.
LINGER_SECONDS = 2.0
#: Requests that may wait behind one that is at work, of one connection: each costs some 4 KiB,
#: and the few bytes of another are read at once with it.
MAX_PIPELINED = 100
PIPELINED_BYTES = 4096

_watches: WeakKeyDictionary[ServerState, ConnectionWatch] = WeakKeyDictionary()


class BoundedProtocol(RefusingProtocol):
    """uvicorn's protocol, that refuses what is over the budgets."""

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
        watch = _watches.get(server_state)
        if watch is None:
            watch = _watches[server_state] = ConnectionWatch(budgets, server_state.connections)
        super().__init__(config, server_state, app_state, _loop, watch)
        self._max_header_bytes = budgets.max_header_bytes
        self._max_headers = budgets.max_headers
        self._max_body_bytes = max_body_bytes
        #: Bytes since the last part of a body or the last whole request.
        self._silent_bytes = 0
        self.body_bytes = 0
        #: Bytes of the budget that are held for the body that comes.
        self._of_body = 0
        self._answers = SendTimes()
        self._waiting = watch.waiting
        #: Whether a request of what is being read has come whole.
        self.whole = False

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
        self.wait(self.loop.time())

    def make_room(self) -> None:
        """Close the connection now: another one needs its place."""
        self._waiting.pop(self, None)
        if self.refused or self.transport.is_closing():
            self.transport.abort()
        else:
            self.refuse(too_many_connections(), linger=False)

    @property
    def unread(self) -> bool:
        """Whether the client has to take what was sent before it gets more."""
        return self.flow.write_paused

    def connection_lost(self, exc: Exception | None) -> None:
        self._waiting.pop(self, None)
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
        if self.phase == IDLE:
            self._silent_bytes = 0
            if self.whole or self.at_work:
                self._waiting.pop(self, None)
            elif self not in self._waiting:
                # Line breaks before a request: they ended the time that it may take to come.
                self.wait(self.loop.time())
            return
        now = self.loop.time()
        if self not in self._waiting:
            self.wait(now)
        if self.body_bytes != body_bytes:
            self.times.progress = now
            self._silent_bytes = 0
        elif self._silent_bytes > self._max_header_bytes:
            # Of headers, or of what stands between the chunks of a body and after it.
            self.refuse(header_too_large(self.watch.budgets))
            return
        if self.phase == BODY:
            self.hold(self.body_bytes - self._of_body)
            self._of_body = self.body_bytes

    def on_message_begin(self) -> None:
        self.begin()
        super().on_message_begin()

    def begin(self) -> None:
        """A request has begun."""
        self.phase = HEADERS
        self.body_bytes = self._of_body = 0
        self.times.since = 0.0

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.phase == BODY:
            return  # of a trailer, which is no header (RFC 9110, 6.5.1); its bytes are counted
        if len(self.headers) < self._max_headers:
            # As uvicorn's own does, which is not called: it would cost as much for each header.
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))
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
        self.phase = IDLE
        self.whole = True
        if self.held and not self.pipeline:
            self.release()
        return not self.refused

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.held and not self.pipeline and self.phase == IDLE:
            self.release()

    def headers_fit(self) -> bool:
        """Whether the headers, now complete, are within their budget and agree; refuses others."""
        self.phase = BODY
        if self.times.since:
            self.times.start()
        if self._silent_bytes > self._max_header_bytes:  # else not even all that came is
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > self._max_header_bytes:
                self.refuse(header_too_large(self.watch.budgets))
                return False
        if name := contradicted(self.headers):
            self.refuse(contradicted_header(name))
            return False
        return True

    def hold(self, size: int) -> None:
        """Account for what came and is not worked on; refuses it when there is no room."""
        if self.watch.buffered.take(size):
            self.held += size
        else:
            self.refuse(no_room())

    def check_time(self, now: float) -> None:
        """End what takes too long to come or to be taken; `now` is the loop's time."""
        if self.refused and now - self.times.since > LINGER_SECONDS:
            self.transport.abort()  # closed, it would wait for its client to take the answer
            return
        budgets = self.watch.budgets
        if self._answers.overdue(self.transport.get_write_buffer_size(), now, budgets):
            self.count(HTTPStatus.REQUEST_TIMEOUT)
            self.transport.abort()
            return
        if self.refused:
            return
        if self not in self._waiting:
            self.end_idle(now, budgets.keep_alive_seconds)
            return
        if not self.times.since or self.flow.read_paused:  # a part that began after the last look
            self.times.start(now)
        elif problem := self.times.overdue(now, budgets, in_body=self.phase == BODY):
            self.refuse(problem)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._answers.restart()

    def wait(self, now: float) -> None:
        """The client has to send from now on; it is the latest of all that wait."""
        super().wait(now)
        self._waiting.pop(self, None)
        self._waiting[self] = None
        self.watch.start(self.loop)


def within(
    protocol: type[BoundedProtocol], budgets: HttpBudgets, max_body_bytes: int
) -> type[asyncio.Protocol]:
    """`protocol` for the option `http` of uvicorn's configuration."""
    made: Any = partial(protocol, budgets=budgets, max_body_bytes=max_body_bytes)
    return made  # type: ignore[no-any-return]
