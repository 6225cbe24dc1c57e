"""What a rush has left free in the C library's heap goes back to the kernel once it is over."""

import ctypes
import gc
import threading
import time

#: Between two looks at what the process has used.
PERIOD_SECONDS = 10.0
#: Above this share of a core a period is busy.
BUSY_CORES = 0.05


class Quiet:
    """Tells the first quiet period after a busy one, from the processor time of the process."""

    def __init__(self, cpu_seconds: float, now: float) -> None:
        """Both as of the start, in seconds; what came before counts as busy."""
        self._cpu_seconds, self._at = cpu_seconds, now
        self._busy = True

    def has_come(self, cpu_seconds: float, now: float) -> bool:
        """True once for each rush; a period begins at the call before."""
        used, passed = cpu_seconds - self._cpu_seconds, now - self._at
        self._cpu_seconds, self._at = cpu_seconds, now
        was_busy, self._busy = self._busy, used > BUSY_CORES * passed
        return was_busy and not self._busy


def release_when_quiet() -> None:
    """Start a thread that gives freed memory back whenever a rush has ended.

    During one it stays, and is used again: what is given back has to be cleared by the kernel
    before its next use. Elsewhere than on glibc nothing happens.
    """
    try:
        libc = ctypes.CDLL("libc.so.6")
    except OSError:
        return
    if hasattr(libc, "malloc_trim"):
        threading.Thread(target=_watch, args=(libc,), name="quiet", daemon=True).start()


def _watch(libc: ctypes.CDLL) -> None:
    quiet = Quiet(time.process_time(), time.monotonic())
    while True:
        time.sleep(PERIOD_SECONDS)
        if quiet.has_come(time.process_time(), time.monotonic()):
            # With thresholds as high as ours, cycles may hold what a rush has used.
            gc.collect()
            libc.malloc_trim(0)
