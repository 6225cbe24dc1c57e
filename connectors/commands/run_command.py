"""`python -m connectors run`: the worker, until SIGTERM or SIGINT."""

import argparse
import os

from connectors.settings import ConnectorsSettings
from connectors.state.state_errors import StateUnreadableError
from connectors.worker.definitions import DefinitionsMapper
from connectors.worker.run_worker import run_worker
from tillstream.runtime import logs, process
from tillstream.runtime.failures import failures_told
from tillstream.runtime.state_file import damage_told


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none."""


def run(_: argparse.Namespace) -> int:
    """Make receipts of deliveries."""
    stop = process.stop_on_signals()
    settings = process.load_settings(ConnectorsSettings)
    logs.configure(settings, "connectors")
    path = settings.state_path()
    with failures_told("the broker", f"the state {path}"), damage_told(path, StateUnreadableError):
        run_worker(settings, stop, DefinitionsMapper(settings, os.environ))
    return 0
