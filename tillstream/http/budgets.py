"""What clients may cost a service before it has answered them: bytes, connections and time."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from tillstream.runtime.settings import Settings

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class HttpBudgets(Settings):
    """Bounds that hold before anybody is known; each refusal is explained and counted."""

    #: Request line and headers of one request, bytes; more is 431.
    max_header_bytes: Annotated[int, Meta(ge=1024, le=262_144)] = 32_768
    #: Headers of one request; more is 431.
    max_headers: Annotated[int, Meta(ge=10, le=1000)] = 100
    #: Time for the headers of a request from its first byte on, seconds; then 408.
    header_timeout_seconds: Annotated[float, Meta(gt=0)] = 10.0
    #: Time without a further byte of a body, seconds; then 408.
    body_idle_seconds: Annotated[float, Meta(gt=0)] = 30.0
    #: Time for a whole body, seconds; then 408.
    body_timeout_seconds: Annotated[float, Meta(gt=0)] = 120.0
    #: Time that a connection may stay open between requests, seconds.
    keep_alive_seconds: Annotated[int, Meta(ge=1)] = 5
    #: Connections at once. Those that wait for their client make room for one more, the oldest
    #: first; when all are at work, one more is 503.
    max_connections: Annotated[int, Meta(ge=10)] = 2_000
    #: Bytes of unfinished bodies and of batches at work, of all clients; more is 503.
    max_buffered_bytes: Annotated[int, Meta(ge=MIB)] = 96 * MIB


class ByteBudget:
    """Bytes of memory that may be held at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.held = 0

    def take(self, size: int) -> bool:
        """Hold so many more; False, and none, when they are over the limit."""
        if self.held + size > self._limit:
            return False
        self.held += size
        return True

    def give_back(self, size: int) -> None:
        """So many are free again."""
        self.held -= size
