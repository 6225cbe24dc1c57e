"""Runs a room's own command, `python -m ROOM WORDS`, with the environment of the system."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from command.system import find, require_running
from tillstream.runtime import interrupt, product
from tillstream.runtime.typed_as import VARIABLE as TYPED_AS

#: Settings that name files or folders: relative, they are meant from where the command is typed.
PATHS = (
    "STORES_FILE",
    "STREAMS_DIR",
    "RECEIVERS_DIR",
    "RECEIVER_SECRETS_FILE",
    "JOBS_FILE",
    "ALERTS_FILE",
    "ALERT_TARGETS_FILE",
    "USERS_FILE",
)
#: What a command writes beside the running system is for its owner alone, as the rest of it.
UMASK = 0o077


def run(*words: str, running: bool = True, typed_as: str = "tillstream") -> NoReturn:
    """Become `python -m WORDS` for the system that is found; never returns.

    `typed_as` is what a person types instead of `python -m ROOM`. With `running` the system has to
    run: raises NothingRunsError.
    """
    system = find(os.environ, Path.cwd())
    if running:
        require_running(system)
    environ = with_own_files(system.environ, Path.cwd())
    become(words, environ | {TYPED_AS: typed_as})


def become(words: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Become `python -m WORDS` with `environ`, in the same folder and process."""
    # The rooms are found also where the folder that it is typed in is none of theirs.
    path = [str(product.CODE), *filter(None, [environ.get("PYTHONPATH")])]
    os.umask(UMASK)
    sys.stdout.flush()
    argv = [sys.executable, "-P", "-m", interrupt.ROOM_PROCESS, *words]
    environ = {**environ, "PYTHONPATH": os.pathsep.join(path)}
    os.execve(sys.executable, argv, environ)  # noqa: S606 - a list of arguments, and no shell


def with_own_files(environ: Mapping[str, str], cwd: Path) -> dict[str, str]:
    """`environ` with absolute paths, those of the product's own files where none is set."""
    made = dict(environ)
    for name in PATHS:
        if made.get(name):
            made[name] = ":".join(str(cwd / path) for path in made[name].split(":"))
    own = {
        "STREAMS_DIR": "streams",
        "RECEIVERS_DIR": "receivers",
        "JOBS_FILE": "jobs.toml",
        "ALERTS_FILE": "alerts.toml",
    }
    for name, file in own.items():
        if not made.get(name):
            made[name] = str(product.FILES / file)
    return made
