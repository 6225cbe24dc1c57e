"""The tree of processes below one of ours, read from /proc, so that none is left behind."""

import os
import signal
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """A process; its start time tells it from a later one with the same number."""

    pid: int
    parent: int
    #: Clock ticks since the machine started.
    started: int


def descendants(pid: int) -> list[Process]:
    """Every living process below `pid`, parents before children."""
    living = [process for process in map(_read, _pids()) if process]
    found: list[Process] = []
    parents = {pid}
    while parents:
        children = [process for process in living if process.parent in parents]
        found += children
        parents = {process.pid for process in children}
    return found


def is_alive(process: Process) -> bool:
    """Whether this very process still runs; a zombie does not."""
    now = _read(process.pid)
    return now is not None and now.started == process.started


def kill(process: Process) -> None:
    """End the process at once, where it still runs."""
    if is_alive(process):
        os.kill(process.pid, signal.SIGKILL)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _read(pid: int) -> Process | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The command's name stands in parentheses and may hold anything: read behind it.
    state, parent, *fields = text.rpartition(")")[2].split()
    return None if state in ("Z", "X") else Process(pid, int(parent), int(fields[17]))
