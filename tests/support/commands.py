"""Runs a command of a room as a user would, without the second that a process takes to start."""

import contextlib
import importlib
import io
import os
import signal
import sys
from typing import NamedTuple
from unittest import mock


class Said(NamedTuple):
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def command(room: str, *arguments: str, **environ: str) -> Said:
    """`python -m room ...` in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    # Theirs would stay behind.
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    with (
        mock.patch.dict(os.environ, environ),
        mock.patch.object(sys, "argv", [room, *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            importlib.import_module(f"{room}.__main__").main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    texts = []
    for stream in (out, err):
        stream.flush()
        stream.seek(0)
        texts.append(stream.read())
    return Said(status, *texts)
