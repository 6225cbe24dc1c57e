"""`python -m persistence tiers`: moves receipts from MongoDB to Parquet once a day, by itself.

The process that waits carries no library of the files: each run is a process of its own, which
also bounds its time.
"""

import argparse
import importlib
import subprocess
import sys
import threading
import time

import structlog
from pymongo.errors import PyMongoError

from persistence.tiers.last_run import LastRun
from persistence.tiers.schedule import daily
from persistence.tiers.settings import TiersSettings
from tillstream import archive
from tillstream.runtime import logs, process

log = structlog.get_logger()

#: A run ends by itself after four hours; one that hangs is ended later, and killed after a while.
HUNG_SECONDS = 4.5 * 3_600
END_SECONDS = 5.0
POLL_SECONDS = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Once, or every day."""
    parser.add_argument(
        "--once", action="store_true", help="run now and end, as cron wants it; 1 if days wait"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run every day until SIGTERM, or once; 0 when nothing is held back."""
    settings = process.load_settings(TiersSettings)
    logs.configure(settings, "tiers")
    stop = process.stop_on_signals()
    if arguments.once:
        # Only here: the process that waits shall not carry DuckDB and Arrow.
        job = importlib.import_module("persistence.tiers.job")
        ended = job.run_once(settings, time.time, stop)
        print(f"{ended.result}: {ended.counts}, {len(ended.held)} held back")
        return 0 if ended.result == "done" else 1
    daily(
        lambda: _run_apart(stop),
        lambda: _last_finished(settings),
        settings.at(),
        settings.zone(),
        time.time,
        stop,
    )
    return 0


def _run_apart(stop: threading.Event) -> None:
    """A run in a process of its own, which ends with this one."""
    argv = [sys.executable, "-m", "persistence", "tiers", "--once"]
    until = time.monotonic() + HUNG_SECONDS
    with subprocess.Popen(argv) as running:
        while running.poll() is None:
            if stop.wait(POLL_SECONDS) or time.monotonic() > until:
                _end(running)


def _end(running: subprocess.Popen[bytes]) -> None:
    running.terminate()
    try:
        running.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        log.warning("a run did not end when it was told to; killed", pid=running.pid)
        running.kill()


def _last_finished(settings: TiersSettings) -> float | None:
    try:
        with archive.connect(settings.mongo_url, "tillstream tiers") as client:
            return LastRun(archive.majority(client, settings.mongo_database)).finished()
    except PyMongoError as error:
        log.warning("MongoDB is away", error=type(error).__name__)
        return None
