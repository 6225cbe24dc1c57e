"""`python -m connectors verify`: proves that what was posted is the newest versions."""

import argparse
import os
from typing import Any

import msgspec

from connectors.settings import ConnectorsSettings
from connectors.verifying.verifying import verify
from connectors.worker.definitions import DefinitionsMapper
from tillstream.runtime import logs, process
from tillstream.runtime.failures import failures_told


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """For people or programs."""
    parser.add_argument("--json", action="store_true", help="one object of JSON")


def run(arguments: argparse.Namespace) -> int:
    """0 when all agree."""
    stop = process.stop_on_signals()
    settings = process.load_settings(ConnectorsSettings)
    logs.configure(settings, "verify")
    path = settings.known_state_path()
    with failures_told("the broker", f"the state {path}"):
        found = verify(settings, DefinitionsMapper(settings, os.environ), stop)
    if arguments.json:
        print(msgspec.json.encode(found).decode())
    else:
        for one in found["differences"]:
            print(" ".join(f"{name} {value}" for name, value in one.items()))
        print(
            f"deliveries {found['deliveries']}, not mapped {found['unmapped']}, fetched"
            f" {found['fetched']}, set aside {found['setAside']}, days {found['days']},"
            f" differences {len(found['differences'])}"
        )
        for line in _left_out(found):
            print(line)
    return 1 if found["differences"] else 0


def _left_out(found: dict[str, Any]) -> list[str]:
    """What was not compared, and why."""
    told = []
    if found["unmapped"]:
        told.append(
            f"left out: the versions of {found['unmapped']} deliveries that are set aside:"
            " `tillstream receivers status` says why"
        )
    if found["unanswered"]:
        told.append(
            f"left out: the versions of {found['unanswered']} deliveries that only name an id, of"
            " which no answer of the vendor's API is kept (yet); receipts of them are in the sums"
        )
    if not found["sumsCompared"]:
        told.append("left out: the sums, as the receipts log has lost its beginning")
    return told
