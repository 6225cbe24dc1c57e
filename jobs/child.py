"""A process of a run: a group of its own, with a time limit, that ends with the scheduler."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jobs.ended import Ended
from jobs.lease import LeaseLostError
from jobs.output import Output
from tillstream import job_records as records
from tillstream.errors import TillstreamError
from tillstream.runtime.parentage import ends_with_its_parent

#: Time to end after SIGTERM; then the group is killed.
GRACE_SECONDS = 5.0
POLL_SECONDS = 0.1
_ROOT = Path(__file__).resolve().parents[1]


class _EndedEarlyError(TillstreamError):
    """The process is to be ended; `state` and the text say why."""

    def __init__(self, state: str, reason: str) -> None:
        self.state = state
        super().__init__(reason)


def run(
    words: Sequence[str],
    environ: Mapping[str, str],
    limit_seconds: float,
    keep: Callable[[], None],
    stop: threading.Event,
) -> Ended:
    """`python -m words` to its end. `keep` is called all the time, and may raise LeaseLostError."""
    output = Output(environ)
    # SIGKILL, since a process that outlives its scheduler would run beside the next one.
    argv = [*ends_with_its_parent("KILL", os.getpid()), sys.executable, "-m", *words]
    process = subprocess.Popen(
        argv,
        cwd=_ROOT,
        env=dict(environ) | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101 - asked for above
    over = threading.Event()
    # No essential one (`runtime/essential.py`): a run whose output is not read ends with its limit.
    reading = threading.Thread(target=output.read, args=(process.stdout.fileno(), over))
    reading.start()
    state, reason = None, ""
    try:
        _wait(process, limit_seconds, keep, stop)
    except _EndedEarlyError as early:
        state, reason = early.state, str(early)
    except LeaseLostError as lost:
        state, reason = records.INTERRUPTED, str(lost)
    finally:
        _end(process)
        over.set()
        reading.join()
        process.stdout.close()
    status = process.returncode
    if state is None:
        state = records.OK if status == 0 else records.KILLED if status < 0 else records.FAILED
    return Ended(state, status, list(output.lines), output.cut, reason)


def _wait(
    process: subprocess.Popen[bytes],
    limit_seconds: float,
    keep: Callable[[], None],
    stop: threading.Event,
) -> None:
    until = time.monotonic() + limit_seconds
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)
            return
        if stop.is_set():
            raise _EndedEarlyError(records.INTERRUPTED, "the scheduler was ended")
        if time.monotonic() > until:
            raise _EndedEarlyError(records.TIMED_OUT, f"it took longer than {limit_seconds:g} s")
        keep()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    # Also what it has left behind in its group, which would run beside the next run.
    _signal(process, signal.SIGKILL)
    process.wait(GRACE_SECONDS)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # The group is its own: its number is that of its first process.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
