"""Starts a system of this machine; a folder or a port that is not free is one line."""

import os
from pathlib import Path
from typing import NoReturn

from command.rooms import become, with_own_files
from command.system import find


def start(*words: str) -> NoReturn:
    """Become `python -m WORDS` in the data folder that is found; raises NotYoursError."""
    system = find(os.environ, Path.cwd())
    # A start has the settings of who types it, not those of the last run.
    environ = {**os.environ, "DATA_DIR": str(system.data_dir)}
    become(words, with_own_files(environ, Path.cwd()))
