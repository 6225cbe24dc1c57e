"""The state of the other rooms in a backup: small files below DATA_DIR."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from persistence.backup.folder import BackupError, File, describe, sync_folder
from tillstream import tally

#: The totals worker's ledger. It is a view of the log at that log's offsets, so it is kept in the
#: backup to be looked at, and counted again after a restore.
LEDGER = Path("analytics", "totals.sqlite3")
#: The door's API keys, hashed.
KEYS = Path("entrypoint", "keys.json")


def dump(data_dir: Path, folder: Path) -> list[File]:
    """A copy of each file, as of its last commit, also while it is written."""
    copied = []
    for path in (*_counts(data_dir), LEDGER, KEYS):
        source = data_dir / path
        if not source.exists():
            continue
        name = f"state/{path}"
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".sqlite3":
            _copy_database(source, target)
        else:
            shutil.copyfile(source, target)
        _sync(target)
        copied.append(describe(folder, name))
    return copied


def require_absent(data_dir: Path) -> None:
    """Raise BackupError when there is state already."""
    there = [path for path in (*_counts(data_dir), LEDGER, KEYS) if (data_dir / path).exists()]
    if there:
        raise BackupError(
            f"{data_dir} holds state ({', '.join(map(str, there))}); set DATA_DIR to a new folder,"
            " or move these away"
        )


def restore(data_dir: Path, folder: Path, files: list[File]) -> None:
    """Put the files in place, each whole or not at all; all but the ledger."""
    for file in files:
        path = Path(file.path).relative_to("state")
        if path == LEDGER:
            continue
        target = data_dir / path
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(target.name + ".restoring")
        shutil.copyfile(folder / file.path, fresh)
        if path == KEYS:
            fresh.chmod(0o600)
        _sync(fresh)
        fresh.replace(target)
        sync_folder(target.parent)


def _counts(data_dir: Path) -> list[Path]:
    return [
        path.relative_to(data_dir) for path in sorted(tally.folder_of(data_dir).glob("*.sqlite3"))
    ]


def _copy_database(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
