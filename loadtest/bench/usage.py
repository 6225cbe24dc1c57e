"""CPU time and resident memory of processes and their children, from /proc."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from local import processes

TICKS = os.sysconf("SC_CLK_TCK")


class Usage(NamedTuple):
    """What a program used over a stretch of time."""

    #: Share of one core: 1.5 is one and a half cores.
    cores: float
    #: At the end, MiB, shared pages counted once for each process.
    resident_mib: float


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

    def read(self) -> dict[str, Usage]:
        """The usage of each program since the start."""
        elapsed = self.seconds()
        return {
            name: Usage(seconds / elapsed, resident_mib(self._pids[name]))
            for name, seconds in self.cpu().items()
        }


def busy_seconds() -> float:
    """Processor time that this machine has spent on anything, in seconds of one core."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    # user, nice, system, idle, iowait, irq, softirq, steal: proc(5).
    user, nice, system, _, _, irq, soft_irq, steal = map(int, fields)
    return (user + nice + system + irq + soft_irq + steal) / TICKS


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and everything below it, ended children included."""
    return sum(_ticks(one) for one in _tree(pid)) / TICKS


def resident_mib(pid: int) -> float:
    """Resident memory of a process and everything below it, MiB."""
    return sum(_resident_kib(one) for one in _tree(pid)) / 1024


def _tree(pid: int) -> list[int]:
    return [pid, *(process.pid for process in processes.descendants(pid))]


def _ticks(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0  # it has ended
    # Fields 14 to 17 of proc(5); the command before them may hold blanks.
    return sum(map(int, text.rpartition(")")[2].split()[11:15]))


def _resident_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)
