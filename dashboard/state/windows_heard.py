"""What the events worker last said of each window, beside its rows."""

import threading

import msgspec

from tillstream import topology
from tillstream.receipt import Wire


class Heard(Wire, frozen=True):
    """The head of a `WindowsSnapshot`; its rows are read from MongoDB."""

    window: str
    complete_until: float | None
    as_of: float
    events: int = 0
    late: int = 0
    set_aside: int = 0
    expired: int = 0
    stale: str = ""
    next_offset: int | None = None
    log_offset: int | None = None


DECODERS = {topology.WINDOWS: msgspec.json.Decoder(Heard)}


class WindowsHeard:
    """The newest head of each window; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: dict[str, Heard] = {}

    def take(self, heard: Heard, _: float) -> None:
        """Keep what was said, unless it is older than what is known."""
        with self._lock:
            known = self._heard.get(heard.window)
            if known is None or heard.as_of >= known.as_of:
                self._heard[heard.window] = heard

    def heard(self) -> dict[str, Heard]:
        """By window."""
        with self._lock:
            return dict(self._heard)
