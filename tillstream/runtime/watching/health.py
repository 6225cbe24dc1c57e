"""Whether a process lives and is ready: what its loop says of itself; no I/O."""

import platform
import time
from http import HTTPStatus

import msgspec

from tillstream.clock import Clock, utc
from tillstream.version import VERSION

#: A loop that has not turned for so long is hung, seconds: no wait of a worker is as long.
HUNG_SECONDS = 30.0


#: Of a process that is not, and no better word is known.
NOT_READY = "not ready"


class Health(msgspec.Struct, rename="camel", omit_defaults=True, frozen=True):
    """The body of a health check of every process."""

    component: str
    #: `live`, `starting` or `hung`; `ready`, `behind` or why it is not ready, in a word or two.
    status: str
    #: Why not live or not ready, in a sentence.
    reason: str | None = None
    #: What waits for this process: messages, and since when the oldest waits, seconds.
    behind_messages: int | None = None
    behind_seconds: float | None = None

    def encoded(self) -> bytes:
        """As JSON."""
        return msgspec.json.encode(self)


class Version(msgspec.Struct, rename="camel", frozen=True):
    """The body of `/version`."""

    component: str
    version: str
    python: str
    #: When this process started, ISO 8601.
    started_at: str


class Vitals:
    """What a process knows of itself. Its loop writes, whoever asks reads: single assignments."""

    def __init__(self, component: str, monotonic: Clock = time.monotonic) -> None:
        self.component = component
        self._monotonic = monotonic
        self._turned: float | None = None
        self._away: tuple[str, str] | None = (NOT_READY, "it has not connected yet")
        #: What waits for this process, messages and seconds; None where it is not known.
        self.behind_messages: int | None = None
        self.behind_seconds: float | None = None
        self._version = Version(
            component, VERSION, platform.python_version(), utc(time.time()).isoformat()
        )

    def turn(self) -> None:
        """The loop turns; to be called at least every few seconds, also while it waits."""
        self._turned = self._monotonic()

    def connected(self) -> None:
        """It has what it needs for its work."""
        self._away = None

    def away(self, reason: str, status: str = NOT_READY) -> None:
        """It cannot do its work now; `reason` is a sentence, `status` a word or two."""
        self._away = status, reason

    def behind(self, messages: int | None, seconds: float | None = None) -> None:
        """What waits for this process, and since when its oldest waits."""
        self.behind_messages = messages
        self.behind_seconds = seconds

    def loop_age(self) -> float:
        """Seconds since the loop turned last; 0 before its first turn."""
        return 0.0 if self._turned is None else max(0.0, self._monotonic() - self._turned)

    def live(self) -> tuple[HTTPStatus, Health]:
        """200 while the loop turns, and before its first turn."""
        age = self.loop_age()
        if age > HUNG_SECONDS:
            reason = f"its loop has not turned for {age:.0f} s"
            return HTTPStatus.SERVICE_UNAVAILABLE, Health(self.component, "hung", reason)
        return HTTPStatus.OK, Health(self.component, "starting" if self._turned is None else "live")

    def ready(self) -> tuple[HTTPStatus, Health]:
        """200 while it does its work, with how far it is behind."""
        status, alive = self.live()
        if status != HTTPStatus.OK:
            return status, alive
        if self._away is not None:
            return HTTPStatus.SERVICE_UNAVAILABLE, Health(self.component, *self._away)
        messages, seconds = self.behind_messages, self.behind_seconds
        return HTTPStatus.OK, Health(
            self.component,
            "behind" if messages else "ready",
            behind_messages=messages,
            behind_seconds=None if seconds is None else round(seconds, 3),
        )

    def version(self) -> bytes:
        """The body of `/version`."""
        return msgspec.json.encode(self._version)
