"""The version of a data folder: a small file in it, so that no program works on what it misreads.

Version 1 had no such file. Version 2: receipts are known by other keys and digests than before.
Version 3: a key begins with its day.
"""

import errno
import os
import tempfile
from pathlib import Path

from tillstream.errors import DataFolderError
from tillstream.runtime import files

FILE = "version"
VERSION = 3
#: The totals worker's ledger in a data folder.
LEDGER = Path("analytics", "totals.sqlite3")
#: The events worker's state, the marks of refused rows, and the records and the key of erasures.
EVENTS_STATE = Path("events", "state.sqlite3")
QUARANTINE_MARKS = Path("events", "quarantine.sqlite3")
ERASURES = Path("events", "erasures.jsonl")
ERASURE_KEY = Path("events", "erasure.key")
#: The state of the receivers: sales, set-aside deliveries, outbox.
CONNECTORS_STATE = Path("connectors.sqlite3")
#: What no later attempt mends by itself; a full disk is not among them.
_NOT_OURS = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ENOENT,
    errno.ELOOP,
    errno.ENAMETOOLONG,
}
#: What a data folder of version 1 has where it holds any state that changed. Keys did not.
_STATE = (str(LEDGER), "entrypoint/accepted/*.sqlite3")


def version_of(data_dir: Path) -> int | None:
    """The version of a data folder; None where it holds no state. Raises DataFolderError."""
    file = data_dir / FILE
    try:
        text = file.read_text().strip()
    except FileNotFoundError:
        found = any(next(data_dir.glob(pattern), None) for pattern in _STATE)
        return 1 if found else None
    if not (text.isascii() and text.isdigit()):
        raise DataFolderError(
            f"{file} holds {text[:40]!r} and no version; restore it from a backup of the folder"
        )
    return int(text)


def require_known(data_dir: Path) -> int | None:
    """As `version_of`; raises DataFolderError for a folder that a newer program has made."""
    found = version_of(data_dir)
    if found is not None and found > VERSION:
        raise DataFolderError(
            f"{data_dir} is a data folder of version {found}, and this Tillstream knows {VERSION}:"
            " use a newer Tillstream, or set DATA_DIR to another folder"
        )
    return found


def require_current(data_dir: Path) -> None:
    """Raise DataFolderError for any other version than ours; note ours in a new folder.

    Also for a folder in which nothing can be written.
    """
    require_writable(data_dir)
    found = require_known(data_dir)
    if found is not None and found < VERSION:
        raise DataFolderError(
            f"{data_dir} is a data folder of version {found}, and this Tillstream works on"
            f" {VERSION}: end every room, run `python -m analytics recount` and then"
            " `python -m persistence upgrade` (script/server does both by itself)"
        )
    if found is None:
        note_current(data_dir)


def note_current(data_dir: Path) -> None:
    """Write our version, whole or not at all; two processes may do so at once."""
    data_dir.mkdir(parents=True, exist_ok=True)
    files.write_durably(data_dir / FILE, f"{VERSION}\n".encode())


def require_writable(data_dir: Path, mode: int = 0o777) -> None:
    """Make the folder with `mode` where there is none; raises DataFolderError where none can be."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=mode)
        with tempfile.TemporaryFile(dir=data_dir):
            pass
    except OSError as error:
        if error.errno in _NOT_OURS:
            raise no_data_folder(data_dir, error) from error


def no_data_folder(data_dir: Path, error: OSError) -> DataFolderError:
    """Why a place cannot be a data folder, and what to do."""
    return DataFolderError(
        f"DATA_DIR={data_dir}: nothing can be written there ({error.strerror}):"
        f" give the folder to user {os.geteuid()}, or set DATA_DIR to another one"
    )


def real_folder(path: Path) -> Path:
    """The absolute path without links; where it is a ring of them, as far as it leads."""
    return Path(os.path.realpath(path))
