"""Memory and state of processes with all that they have started, by one look at /proc."""

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
#: In /proc/PID/stat, counted after the name in parentheses (proc(5)).
_STATE, _PARENT, _RESIDENT_PAGES = 0, 1, 21
#: Of a process that SIGSTOP holds.
_STOPPED = "T"


class Tree(NamedTuple):
    """A process and its descendants."""

    #: Resident bytes of all.
    memory: int
    #: Those that are stopped by a signal, the process itself first.
    stopped: tuple[int, ...]


def trees(pids: Iterable[int], proc: Path = PROC) -> dict[int, Tree]:
    """The tree of each process that is there."""
    stats: dict[int, list[str]] = {}
    children = defaultdict[int, list[int]](list)
    for entry in proc.iterdir():
        if entry.name.isdecimal():
            # It may end meanwhile.
            with contextlib.suppress(OSError):
                text = (entry / "stat").read_text(errors="replace")
                fields = text.rpartition(")")[2].split()
                stats[int(entry.name)] = fields
                children[int(fields[_PARENT])].append(int(entry.name))
    page = os.sysconf("SC_PAGE_SIZE")
    found = {}
    for pid in pids:
        members = [pid] if pid in stats else []
        for member in members:
            members += children[member]
        if members:
            memory = sum(int(stats[each][_RESIDENT_PAGES]) for each in members) * page
            stopped = tuple(each for each in members if stats[each][_STATE] == _STOPPED)
            found[pid] = Tree(memory, stopped)
    return found


def available_memory(proc: Path = PROC) -> int | None:
    """Bytes that programs can still take; None where nobody says."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (proc / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None
