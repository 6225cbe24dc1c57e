"""CPU time and memory of processes and their children."""

import contextlib
import resource
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Self

import psutil

from local import processes

#: How often the memory of a process is looked at for its peak.
SAMPLE_SECONDS = 0.2


class Usage(NamedTuple):
    """What programs used over a stretch of time, by their names."""

    #: Share of one core: 1.5 is one and a half cores.
    cores: dict[str, float]
    #: Resident memory at the end, MiB, shared pages counted once for each process.
    mib: dict[str, float]


class Meter:
    """Measures `pids` (name to process, with all below it) from its start to `read`."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._started = time.monotonic()
        self._busy = busy_seconds()
        self._own = time.process_time()
        self._before = {name: cpu_seconds(pid) for name, pid in self._pids.items()}

    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._started

    def own(self) -> float:
        """Cores that this process took since the start: the client, and who watches."""
        return (time.process_time() - self._own) / self.seconds()

    def others(self) -> float:
        """Cores that other programs took since the start: neither `pids` nor this process."""
        elapsed = self.seconds()
        ours = time.process_time() - self._own + sum(self.cpu().values())
        return max(0.0, busy_seconds() - self._busy - ours) / elapsed

    def cpu(self) -> dict[str, float]:
        """Processor seconds of each program since the start."""
        return {
            name: max(0.0, cpu_seconds(pid) - self._before[name])
            for name, pid in self._pids.items()
        }

    def read(self) -> Usage:
        """The usage of each program since the start."""
        elapsed = self.seconds()
        return Usage(
            {name: seconds / elapsed for name, seconds in self.cpu().items()},
            {name: resident_mib(pid) for name, pid in self._pids.items()},
        )


class PeakMemory:
    """Samples memory, as `look` gives it in MiB; use it in a `with`.

    The kernel's own maximum of a child begins with the memory of the process that started it.
    """

    def __init__(self, look: Callable[[], float], seconds: float = SAMPLE_SECONDS) -> None:
        """A look every so many `seconds`."""
        self._look = look
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        #: The largest sample, MiB.
        self.mib = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(self._seconds):
            self.mib = max(self.mib, self._look())


def busy_seconds() -> float:
    """Processor time that this machine has spent on anything, in seconds of one core."""
    times = psutil.cpu_times()
    # Those of guests are in user and nice already: proc(5).
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and everything below it, ended children included."""
    return _of_tree(pid, lambda process: sum(process.cpu_times()[:4]))


def children_seconds() -> float:
    """User and system time of this process's children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resident_mib(pid: int) -> float:
    """Resident memory of a process and everything below it, MiB."""
    return _of_tree(pid, lambda process: process.memory_info().rss / 2**20)


def proportional_mib(pid: int) -> float:
    """Memory of a process and everything below it, MiB, a page that n share as the n-th part."""
    return _of_tree(pid, lambda process: process.memory_full_info().pss / 2**20)


def _of_tree(pid: int, figure: Callable[[psutil.Process], float]) -> float:
    whole = 0.0
    # A process that has ended uses nothing.
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in (root, *processes.descendants(pid)):
            with contextlib.suppress(psutil.NoSuchProcess):
                whole += figure(process)
    return whole
