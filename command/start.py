"""Starts a system of this machine; a folder or a port that is not free is one line."""

import importlib.util
import os
from pathlib import Path
from typing import NoReturn

from command.command_errors import LocalMissingError
from command.rooms import become, with_own_files
from command.system import find

#: Modules of the extra `local`; a mongod may also be on the PATH.
NEEDED = ("psutil", "supervisor")


def start(*words: str) -> NoReturn:
    """Become `python -m WORDS` in the data folder that is found.

    Raises NotYoursError, LocalMissingError.
    """
    if any(importlib.util.find_spec(name) is None for name in NEEDED):
        raise LocalMissingError
    system = find(os.environ, Path.cwd())
    # A start has the settings of who types it, not those of the last run.
    environ = {**os.environ, "DATA_DIR": str(system.data_dir)}
    become(words, with_own_files(environ, Path.cwd()))
