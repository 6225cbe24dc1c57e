"""Waits that end when the command is told to stop."""

import threading
import time
from collections.abc import Callable

from tillstream.log.reader import StoppedError

POLL_SECONDS = 0.5
#: How long the archive and the ledger may be behind the log, seconds.
CATCH_UP_SECONDS = 60.0


def wait_until(condition: Callable[[], bool], seconds: float, stop: threading.Event) -> bool:
    """Until the condition holds, or the time is over; whether it holds. Raises StoppedError."""
    deadline = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < deadline:
        if stop.wait(POLL_SECONDS):
            raise StoppedError("stopped before the end")
    return holds
