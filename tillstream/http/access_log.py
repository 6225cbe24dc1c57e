"""One structured line a request, written in groups so that it costs little."""

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import IO, Literal

import msgspec

from tillstream.clock import Clock, utc
from tillstream.runtime.printable import printable

#: Lines are written when so many wait, or when this long has passed at the next request, logged or
#: not, seconds.
FLUSH_LINES = 200
FLUSH_SECONDS = 1.0

#: Of answers of one status from 500 on, and of 401, so many lines in so many seconds: in an outage
#: every request is refused for one reason, and who is not known may send as many as they like. The
#: rest is counted, in a line of its own.
TROUBLE_LINES = 5
TROUBLE_SECONDS = 60.0

_encoder = msgspec.json.Encoder()


def _console(fields: dict[str, object]) -> bytes:
    """For people, in the form of the other lines of the log."""
    head = [fields.pop(name) for name in ("timestamp", "level", "event")]
    rest = " ".join(f"{name}={printable(str(value))}" for name, value in fields.items())
    return f"{head[0]:%Y-%m-%dT%H:%M:%S.%fZ} [{head[1]:9}] {head[2]:30} {rest}".encode()


def _is_trouble(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.UNAUTHORIZED


class AccessLog:
    """Which requests came, what they were answered, how long it took."""

    def __init__(
        self,
        component: str,
        which: Literal["all", "refused", "off"],
        clock: Clock,
        out: IO[str] = sys.stderr,
        log_format: Literal["console", "json"] = "json",
        also: Callable[[], Mapping[str, object]] | None = None,
    ) -> None:
        """`also` gives more fields of the request at work here."""
        self._also = also
        self._component = component
        self._encode = _encoder.encode if log_format == "json" else _console
        #: Least status that is logged.
        self._least = {"all": 0, "refused": 400, "off": 1000}[which]
        self._clock = clock
        self._out = out
        self._all = which == "all"
        #: By status, since `_counted`.
        self._troubles: Counter[int] = Counter()
        self._counted = clock()
        self._lines: list[bytes] = []
        self._flushed = clock()

    def note(
        self,
        request_id: str,
        method: str,
        path: str,
        status: int,
        seconds: float,
        more: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """A request was answered; `more` is told of it. Nothing else of its headers, and nothing of
        its body, is kept.
        """
        # Whoever asks for its health has the answer; while it starts that is 503 each time.
        is_health = path.startswith("/health/") and not self._all
        if status < self._least or is_health:
            waits = self._lines or self._troubles
            if waits and self._clock() - self._flushed >= FLUSH_SECONDS:
                self.flush()
            return
        now = self._clock()
        if now - self._counted >= TROUBLE_SECONDS:
            self._sum_up(now)
        self._troubles[status] += 1
        if self._all or not _is_trouble(status) or self._troubles[status] <= TROUBLE_LINES:
            self._line(
                now,
                event="request",
                request_id=request_id,
                method=method,
                path=path[:200],
                status=status,
                ms=round(1000 * seconds, 1),
                **more,
                **(self._also() if self._also is not None else {}),
            )
        if len(self._lines) >= FLUSH_LINES or now - self._flushed >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._clock() - self._counted >= TROUBLE_SECONDS:
            self._sum_up(self._clock())
        if self._lines:
            self._out.write(b"\n".join(self._lines).decode() + "\n")
            self._out.flush()
            self._lines.clear()
        self._flushed = self._clock()

    def close(self) -> None:
        """Write everything: no request comes any more."""
        self._sum_up(self._clock())
        self.flush()

    def _sum_up(self, now: float) -> None:
        for status, count in self._troubles.items():
            if not self._all and _is_trouble(status) and count > TROUBLE_LINES:
                self._line(
                    now,
                    event="requests without a line",
                    status=status,
                    count=count - TROUBLE_LINES,
                    since=utc(self._counted),
                )
        self._troubles.clear()
        self._counted = now

    def _line(self, now: float, **fields: object) -> None:
        about = {"level": "info", "timestamp": utc(now), "component": self._component}
        self._lines.append(self._encode({"event": fields.pop("event"), **about, **fields}))
