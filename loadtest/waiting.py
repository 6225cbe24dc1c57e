"""One way to wait for something that becomes true."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], seconds: float, poll_seconds: float = 0.2) -> bool:
    """Whether the condition came to hold before the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(poll_seconds)
    return True
