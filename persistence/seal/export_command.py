"""`python -m persistence export-seals FOLDER`: seals and sealed receipts, to verify elsewhere."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from persistence.backup.folder import written_aside
from persistence.seal import offline
from persistence.seal.seal_command import opened
from persistence.seal.settings import SealSettings
from tillstream.runtime import logs, process


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder."""
    parser.add_argument("folder", type=Path, help="where the files are written; must not exist")


def run(arguments: argparse.Namespace) -> int:
    """Write both files, whole or not at all."""
    settings = process.load_settings(SealSettings)
    logs.configure(settings, "export-seals")
    with opened(settings) as store, written_aside(arguments.folder) as aside:
        # Seals first: what is sealed meanwhile has its receipt in the file, and is said as such.
        seals = _write(aside / offline.SEALS, store.seals())
        receipts = _write(aside / offline.RECEIPTS, store.contents())
    print(f"{seals} seals and {receipts} receipts in {arguments.folder}")
    return 0


def _write(path: Path, values: Iterable[dict[str, Any]]) -> int:
    count = 0
    with path.open("xb") as file:
        for value in values:
            file.write(offline.canonical(value) + b"\n")
            count += 1
    return count
