"""Checks the SQL of definitions in a process of its own, which ends with it.

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
from tillstream.streams.made_texts import CheckedMade, MadeTexts
from tillstream.streams.window_texts import CheckedWindow, WindowTexts

#: Longest wait for the process, seconds: it takes 0.15 s of CPU.
TIMEOUT = 60.0


class SqlCheckError(TillstreamError):
    """The process that checks SQL came to no end."""


class _Texts(msgspec.Struct, frozen=True):
    windows: Sequence[WindowTexts]
    made: Sequence[MadeTexts]


class Checked(msgspec.Struct, frozen=True):
    """What was found of each, in the order of what was asked."""

    windows: list[CheckedWindow]
    made: list[CheckedMade]


def check_all(windows: Sequence[WindowTexts], made: Sequence[MadeTexts] = ()) -> Checked:
    """Each window, and each stream that is made of others. Raises SqlCheckError."""
    texts = _Texts(list(windows), list(made))
    if not windows and not made:
        return Checked([], [])
    if "_duckdb" in sys.modules:
        return _checked(texts)
    return msgspec.json.decode(_checked_aside(msgspec.json.encode(texts)), type=Checked)


def _checked(texts: _Texts) -> Checked:
    from tillstream.streams import made_check, window_check
    from tillstream.streams.sql_sandbox import Sandbox

    with Sandbox() as sandbox:
        return Checked(
            window_check.check(texts.windows, sandbox), made_check.check(texts.made, sandbox)
        )


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
        raise SqlCheckError(f"the SQL of definitions was not checked in {TIMEOUT:.0f} s") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise SqlCheckError(f"the SQL of definitions could not be checked: {said}")
    return done.stdout


def _main() -> None:
    texts = msgspec.json.decode(sys.stdin.buffer.read(), type=_Texts)
    sys.stdout.buffer.write(msgspec.json.encode(_checked(texts)))


if __name__ == "__main__":
    _main()
