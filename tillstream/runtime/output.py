"""What a command prints where nobody takes it: a reader that left, a full disk, a closed stream."""

import contextlib
import errno
import gc
import io
import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path

from tillstream.errors import TillstreamError
from tillstream.runtime.failing import fail

#: The exit status of a program that SIGPIPE ends, as a shell tells it.
READER_LEFT = 141


@contextlib.contextmanager
def output_told() -> Iterator[None]:
    """Around a command: ends it without a traceback where its output has nowhere to go.

    A reader that has had enough, as `head` has, ends it with the status that it has, where it is
    at its end, else with READER_LEFT; no space left is one line and 1. What was started with closed
    streams prints for nobody.
    """
    _open_streams()
    status: SystemExit | None = None
    try:
        try:
            yield
        except SystemExit as ended:
            status = ended
        sys.stdout.flush()
    except OSError as error:
        if error.errno == errno.EPIPE and _reader_left():
            _print_for_nobody()
            status = status or SystemExit(READER_LEFT)
        elif error.errno == errno.ENOSPC:
            _print_for_nobody()
            place = error.filename or "what is printed"
            fail(TillstreamError(f"there is no space left for {place}; make some"), 1)
        else:
            raise
    finally:
        # Python would look through all objects of all libraries once more before it ends: a tenth
        # of a second of CPU where Arrow is loaded, and seconds on a busy machine.
        gc.freeze()
    if status is not None:
        raise status


@contextlib.contextmanager
def reader_may_leave() -> Iterator[None]:
    """What is printed goes on for nobody when its reader has had enough: more is to be done."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _print_for_nobody()


def _open_streams() -> None:
    """Streams that take whatever is printed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # So Python has one that was closed before it began.
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - until the process ends
        elif isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            # A terminal of another encoding shows what it cannot as an escape.
            stream.reconfigure(errors="backslashreplace")


def _reader_left() -> bool:
    """Whether it is our output that has no reader: a broken connection is another matter."""
    asked = select.poll()
    asked.register(sys.stdout.fileno(), select.POLLOUT)
    return any(told & select.POLLERR for _, told in asked.poll(0))


def _print_for_nobody() -> None:
    # What is still to be flushed at the end has to go somewhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
