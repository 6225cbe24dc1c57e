"""Threads and tasks without which a process is of no use: one that fails ends the process.

A thread that dies of an unexpected error is noticed by nobody: what it showed stands still, and the
process says that it is well. So the error is logged, and the process ends with a status that
every supervisor takes for a failure and starts it again. What may be away for a while (MongoDB, the
broker) is no such error: the work tries again by itself.

Threads of a command that ends by itself (a progress bar, requests side by side) are not started
here: whoever waits for the command sees what it lacks. Nor are those of the supervisor, whose end
would end every program: the system goes on without them.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import structlog

from tillstream.runtime.cancelling import is_cancelled

log = structlog.get_logger()

#: Exit status of a process whose essential work failed, of sysexits.h: a fault of the program. It
#: is none of those of a start that cannot succeed (`failing`), so that it is started again.
EX_FAILED = os.EX_SOFTWARE


def thread(name: str, work: Callable[..., object], *arguments: object) -> threading.Thread:
    """A daemon thread, not started yet, that does `work(*arguments)`; whatever that raises ends the
    process with EX_FAILED.
    """

    def run() -> None:
        try:
            work(*arguments)
        except BaseException as error:  # noqa: BLE001 - told and ended by, also SystemExit
            _end_process("thread", name, error)

    return threading.Thread(target=run, name=name, daemon=True)


def start_thread(name: str, work: Callable[..., object], *arguments: object) -> threading.Thread:
    """The same, started."""
    started = thread(name, work, *arguments)
    started.start()
    return started


def start_task(name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
    """A task of the running loop that does `work`, until it is cancelled; whatever else that raises
    ends the process with EX_FAILED.
    """

    async def run() -> None:
        try:
            await work()
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            _end_process("task", name, error)

    return asyncio.create_task(run(), name=name)


def _end_process(kind: str, name: str, error: BaseException) -> NoReturn:
    log.critical(
        "what the process is of no use without failed: it ends",
        **{kind: name},
        reason=repr(error)[:300],
        exc_info=error,
    )
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: that would end this thread alone. What is durable needs no tidy end.
    os._exit(EX_FAILED)
