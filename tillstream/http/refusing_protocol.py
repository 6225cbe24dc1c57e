"""uvicorn's HTTP protocol, with a way to refuse a request that no application has answered."""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.server import ServerState

from tillstream.http.asgi import problem_reply
from tillstream.http.client_times import ReceiveTimes
from tillstream.http.connections import ConnectionWatch
from tillstream.http.idle_protocol import BODY, IDLE, IdleProtocol
from tillstream.http.problems import ProblemError


class RefusingProtocol(IdleProtocol):
    """uvicorn's protocol; `refuse` answers, forgets the request and closes the connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        loop: asyncio.AbstractEventLoop | None,
        watch: ConnectionWatch,
    ) -> None:
        super().__init__(config, server_state, app_state, loop)
        self.watch = watch
        self.refused = False
        self.times = ReceiveTimes()
        #: Bytes of the budget that the connection holds.
        self.held = 0

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is told so, unless the client was told something before."""
        if not self.refused:
            super().send_400_response(msg)

    def refuse(self, problem: ProblemError, *, linger: bool = True) -> None:
        """Answer the request that is unfinished, forget what came of it, close the connection."""
        if self.refused or self.transport.is_closing():
            return
        self.refused = True
        self.times.since = self.loop.time()
        self.count(problem.status)
        self.release()
        busy = self.at_work
        # An answer may be under way to this request, or to one before it: then there is no place
        # for another one.
        silent = busy and (
            self.phase != BODY
            or bool(self.pipeline)
            or getattr(self.cycle, "response_started", False)
        )
        silent = silent or (self.phase == IDLE and problem.status != HTTPStatus.SERVICE_UNAVAILABLE)
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
        self.wait(self.loop.time())

    def count(self, status: int) -> None:
        """A request was refused."""
        self.watch.count(status)

    def forget(self) -> None:
        """Let go what came of the request."""
        self.headers, self.url = [], b""
        if hasattr(self.cycle, "body"):
            self.cycle.body = bytearray()
        self.pipeline.clear()

    def release(self) -> None:
        """Nothing that waits is held any more."""
        if self.held:
            self.watch.buffered.give_back(self.held)
            self.held = 0

    def wait(self, now: float) -> None:
        """The client has to send from now on."""
        self.times.start(now)

    def _close(self) -> None:
        """Close the connection, at once where its client has not taken what was sent."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

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
