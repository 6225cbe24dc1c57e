"""Brings an older data folder to this version, before the rooms of a local run start."""

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from local.settings import ROOT
from tillstream import ledger
from tillstream.errors import TillstreamError
from tillstream.log.reader import StoppedError
from tillstream.runtime import data_folder

#: Both may be run again at any time: what they write is made anew from what is kept.
RECOUNT = ("analytics", "recount")
COMMANDS = (RECOUNT, ("persistence", "upgrade"))
#: Between two looks at whether to stop.
POLL_SECONDS = 0.5


def upgrade(
    data_dir: Path, environ: Mapping[str, str], say: Callable[[str], None], stop: threading.Event
) -> None:
    """Run what the versions of the folder and its ledger need.

    Raises TillstreamError, and then nothing is noted.
    """
    found = data_folder.version_of(data_dir)
    if found is not None and found < data_folder.VERSION:
        say(
            f"{data_dir} is of version {found}; it is brought to {data_folder.VERSION}:"
            " the ledger is counted again, the archive's documents are made again"
        )
        for command in COMMANDS:
            say(f"{' '.join(command)}: {_run(command, environ, stop)}")
    elif ledger.is_older(data_dir):
        say(f"the ledger in {data_dir} is of an earlier version; it is counted again")
        say(f"{' '.join(RECOUNT)}: {_run(RECOUNT, environ, stop)}")
    data_folder.require_current(data_dir)


def _run(command: tuple[str, ...], environ: Mapping[str, str], stop: threading.Event) -> str:
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        while True:
            try:
                said, _ = process.communicate(timeout=POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if stop.is_set():
                    process.terminate()
    last = next(iter(said.strip().splitlines()[-1:]), "")
    if stop.is_set():
        raise StoppedError("stopped amid the upgrade; the next start goes on with it")
    if process.returncode != 0:
        raise TillstreamError(f"the upgrade stopped at `python -m {' '.join(command)}`: {last}")
    return last
