"""`python -m persistence verify-seal`: of the archive, or of an export without any server."""

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path

from persistence.seal import offline
from persistence.seal.seal_command import opened
from persistence.seal.settings import SealSettings
from tillstream.errors import TillstreamError
from tillstream.runtime import logs, process
from tillstream.runtime.printable import printable
from tillstream.runtime.progress import progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is verified, and what was noted of it before."""
    parser.add_argument(
        "folder", type=Path, nargs="?", help="an export; without it the archive is verified"
    )
    parser.add_argument(
        "--heads", type=Path, metavar="FILE", help="last seals that were noted: they must stand"
    )
    parser.add_argument(
        "--note", type=Path, metavar="FILE", help="write the last seal of each till here"
    )


def run(arguments: argparse.Namespace) -> int:
    """A line for each fault; status 0 only when there is none."""
    heads = _read_heads(arguments.heads)
    faults = 0
    for fault in _faults(arguments.folder, heads):
        faults += 1
        print(printable(fault))
    print(f"{len(heads)} tills, {sum(head[0] for head in heads.values())} seals, {faults} faults")
    if arguments.note and not faults:
        arguments.note.write_text(json.dumps(heads, indent=1, sort_keys=True) + "\n")
    return 1 if faults else 0


def _faults(folder: Path | None, heads: offline.Heads) -> Iterator[str]:
    if folder is not None:
        size = (folder / offline.RECEIPTS).stat().st_size if folder.is_dir() else None
        with progress("verify-seal", "bytes", size) as shown:
            yield from offline.check_folder(
                folder, os.environ.get("SEAL_KEY"), heads, shown.advance
            )
        return
    settings = process.load_settings(SealSettings)
    logs.configure(settings, "verify-seal")
    with (
        opened(settings) as store,
        progress("verify-seal", "receipts", store.estimated_receipts()) as shown,
    ):
        yield from offline.check(store.seals(), store.contents(shown), settings.seal_key, heads)


def _read_heads(path: Path | None) -> offline.Heads:
    if path is None:
        return {}
    try:
        heads: offline.Heads = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise TillstreamError(f"--heads {path}: cannot be read: {error}") from error
    return heads
