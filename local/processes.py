"""The tree of processes below one of ours, so that none is left behind."""

import contextlib

import psutil


def descendants(pid: int) -> list[psutil.Process]:
    """Every living process below `pid`; none where it has ended."""
    try:
        below: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [process for process in below if is_alive(process)]


def is_alive(process: psutil.Process) -> bool:
    """Whether this very process still runs; a zombie does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def kill(process: psutil.Process) -> None:
    """End the process at once, where it still runs."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()
