"""One structured line a request, written in groups so that it costs little."""

import sys
from typing import IO, Literal

import msgspec

from tillstream.clock import Clock, utc

#: Lines are written when so many wait, or when this long has passed at the next request, logged or
#: not, seconds.
FLUSH_LINES = 200
FLUSH_SECONDS = 1.0

_encoder = msgspec.json.Encoder()


class AccessLog:
    """Which requests came, what they were answered, how long it took."""

    def __init__(
        self,
        component: str,
        which: Literal["all", "refused", "off"],
        clock: Clock,
        out: IO[str] = sys.stderr,
    ) -> None:
        self._component = component
        #: Least status that is logged.
        self._least = {"all": 0, "refused": 400, "off": 1000}[which]
        self._clock = clock
        self._out = out
        self._lines: list[bytes] = []
        self._flushed = clock()

    def note(self, request_id: str, method: str, path: str, status: int, seconds: float) -> None:
        """A request was answered. Nothing of its body or its headers is kept."""
        if status < self._least:
            if self._lines and self._clock() - self._flushed >= FLUSH_SECONDS:
                self.flush()
            return
        now = self._clock()
        self._lines.append(
            _encoder.encode(
                {
                    "event": "request",
                    "timestamp": utc(now),
                    "component": self._component,
                    "request_id": request_id,
                    "method": method,
                    "path": path[:200],
                    "status": status,
                    "ms": round(1000 * seconds, 1),
                }
            )
        )
        if len(self._lines) >= FLUSH_LINES or now - self._flushed >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._lines:
            self._out.write(b"\n".join(self._lines).decode() + "\n")
            self._out.flush()
            self._lines.clear()
        self._flushed = self._clock()
