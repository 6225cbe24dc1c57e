"""How every process starts and ends: settings or one clear line, SIGTERM sets an event."""

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import threading
from typing import TypeVar

from tillstream.errors import SettingsError
from tillstream.runtime import settings
from tillstream.runtime.failing import EX_CONFIG as EX_CONFIG
from tillstream.runtime.failing import EX_PORT_TAKEN as EX_PORT_TAKEN
from tillstream.runtime.failing import fail as fail
from tillstream.runtime.output import output_told as output_told
from tillstream.runtime.output import reader_may_leave as reader_may_leave

S = TypeVar("S", bound=settings.Settings)

#: Parameters of mallopt(3), from malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8

#: Option of prctl(2), from linux/prctl.h.
_PR_SET_PDEATHSIG = 1


def load_settings(kind: type[S]) -> S:
    """Settings from the environment; ends the process with a line for each problem."""
    try:
        return settings.load(kind, os.environ)
    except SettingsError as error:
        fail(error)


def calm_collector() -> None:
    """Let the garbage collector look at what was made since the start, and seldom.

    What a process makes of receipts are trees, freed by their counts: the collector would walk
    thousands of them in vain, hundreds of times a second.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def calm_allocator() -> None:
    """Let the C library keep what is freed, up to a bound, for the next body of that size.

    By default glibc gives large blocks back to the kernel at once, which clears every page of the
    next one: it made a copy of a batch fifteen times as slow as the copying itself. The largest,
    which are rare, go back as ever: kept, they split the heap, and a door that had many of them
    stayed 60 MB larger. Elsewhere than on glibc nothing changes. The bound is that of one arena,
    and by default each thread has an arena of its own: six threads that read large bodies in turn
    kept 350 MB. To be called before any thread is started, and so before NumPy, Arrow or DuckDB is
    imported: glibc reads the number of arenas once.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        mallopt(_M_MMAP_THRESHOLD, 4 * 1024 * 1024)
        mallopt(_M_TRIM_THRESHOLD, 64 * 1024 * 1024)
        mallopt(_M_ARENA_MAX, 1)


def end_with_parent() -> None:
    """Linux kills this process when the one that made it ends, however that ends.

    To be called in the new process, from its main thread.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    # It may have ended before the call: no signal comes then.
    if parent is not None and os.getppid() != parent.pid:
        os.kill(os.getpid(), signal.SIGKILL)


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set; the process ends its work by itself."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
