"""uvicorn's HTTP protocol, whose time between requests ends by a look at it now and then.

uvicorn sets and cancels a timer for each request instead, which costs as much as reading its
headers.
"""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

#: What a connection waits for.
IDLE, HEADERS, BODY = range(3)
#: From one look to the next at most so much counts, seconds: a loop that stood still for longer has
#: not read what came meanwhile, and that may be the next request.
LOOK_SECONDS = 2.0


class IdleProtocol(HttpToolsProtocol):
    """uvicorn's protocol; `end_idle` is to be called about once a second."""

    #: uvicorn's own, or another that has `response_complete`, `disconnected`, `message_event`.
    cycle: Any

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        super().__init__(config, server_state, app_state, loop)
        self.phase = IDLE
        #: Since when it waits for a next request; zero where that began after the last look.
        self._idle_since = 0.0
        self._looked_at = 0.0

    @property
    def at_work(self) -> bool:
        """Whether a request has come that is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def idle(self) -> bool:
        """Whether it waits for a next request."""
        return self.phase == IDLE and not self.at_work and not self.transport.is_closing()

    def on_response_complete(self) -> None:
        if self.pipeline:
            super().on_response_complete()
            return
        # As uvicorn's own does, but for the timer.
        self.server_state.total_requests += 1
        self._idle_since = 0.0
        if self.flow.read_paused and not self.transport.is_closing():
            self.flow.resume_reading()

    def end_idle(self, now: float, most_seconds: float) -> None:
        """Close the connection when it has waited so long; `now` is the loop's time."""
        if not self.idle:
            self._idle_since = 0.0
            return
        if not self._idle_since:
            self._idle_since = self._looked_at = now
            return
        self._idle_since += max(0.0, now - self._looked_at - LOOK_SECONDS)
        self._looked_at = now
        if now - self._idle_since > most_seconds:
            self.transport.close()
