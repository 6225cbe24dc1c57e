"""Which Tillstream this is: a clone or an installed wheel, its own files, its commit."""

import contextlib
import os
import subprocess
from pathlib import Path

#: The folder of the rooms: the clone, or the site-packages of an installed wheel.
CODE = Path(__file__).resolve().parents[2]
#: Whether it runs from a clone, where `script/` and the tests' packages are.
IS_CLONE = (CODE / "script" / "server").is_file()
#: What a wheel has in place of the files beside the rooms (pyproject.toml puts them there).
_IN_WHEEL = CODE / "tillstream" / "declared"
#: Where `streams/`, `jobs.toml` and `alerts.toml` are: the rooms of a local run work in it.
FILES = _IN_WHEEL if _IN_WHEEL.is_dir() else CODE

#: Set where an image is built, as there is no git in it.
COMMIT = "TILLSTREAM_COMMIT"
#: Longest wait for git, seconds.
_GIT_SECONDS = 2


def commit() -> str | None:
    """The commit of the clone, with `+` where files differ from it; None where nobody knows."""
    if os.environ.get(COMMIT):
        return os.environ[COMMIT]
    if not (CODE / ".git").exists():
        return None
    git = ["git", "-C", str(CODE), "describe", "--always", "--dirty=+", "--exclude=*"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(git, capture_output=True, text=True, timeout=_GIT_SECONDS, check=True)
        return done.stdout.strip() or None
    return None
