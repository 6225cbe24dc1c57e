"""Checks the SQL of windows in a process of its own, which ends with it.

DuckDB takes 60 MB, which most of those who read definitions do not need again; and SQL that
somebody wrote to do harm ends with that process. Who has DuckDB anyway checks at once.
"""

import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from tillstream.errors import TillstreamError
from tillstream.streams.window_texts import CheckedWindow, WindowTexts

#: Longest wait for the process, seconds: it takes 0.15 s of CPU.
TIMEOUT = 60.0


class SqlCheckError(TillstreamError):
    """The process that checks SQL came to no end."""


def check_all(windows: Sequence[WindowTexts]) -> list[CheckedWindow]:
    """Each window checked, in their order. Raises SqlCheckError."""
    if not windows:
        return []
    if "_duckdb" in sys.modules:
        from tillstream.streams.window_check import check

        return check(windows)
    answer = _checked_aside(msgspec.json.encode(list(windows)))
    return msgspec.json.decode(answer, type=list[CheckedWindow])


@lru_cache(maxsize=8)
def _checked_aside(request: bytes) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tillstream.streams.sql_check"],
            input=request,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
            cwd=Path(__file__).parents[2],
        )
    except subprocess.TimeoutExpired as error:
        raise SqlCheckError(f"the SQL of windows was not checked in {TIMEOUT:.0f} s") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise SqlCheckError(f"the SQL of windows could not be checked: {said}")
    return done.stdout


def _main() -> None:
    from tillstream.streams.window_check import check

    windows = msgspec.json.decode(sys.stdin.buffer.read(), type=list[WindowTexts])
    sys.stdout.buffer.write(msgspec.json.encode(check(windows)))


if __name__ == "__main__":
    _main()
