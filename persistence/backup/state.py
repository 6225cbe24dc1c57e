"""The state of the other rooms in a backup: small files below DATA_DIR."""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from persistence.backup.folder import BackupError, File, describe
from tillstream import accepted_count
from tillstream.ledger import read_only
from tillstream.runtime.data_folder import (
    CONNECTORS_STATE,
    ERASURE_KEY,
    ERASURES,
    EVENTS_STATE,
    LEDGER,
    QUARANTINE_MARKS,
)
from tillstream.runtime.files import sync
from tillstream.runtime.owned_file import remove_journal

#: The door's API keys, hashed.
KEYS = Path("entrypoint", "keys.json")
#: Longest wait for the end of a commit of the receivers' worker, seconds.
WAIT_SECONDS = 30.0
#: Beside their worker's state: what became of refused rows; erasures, and the key of pseudonyms.
EVENTS_FILES = (QUARANTINE_MARKS, ERASURES, ERASURE_KEY)
#: For their owner alone.
_PRIVATE = {KEYS, ERASURES, ERASURE_KEY}


# The ledger is a view of the log at that log's offsets, so it is kept in the backup to be looked
# at, and counted again after a restore.


def dump(data_dir: Path, folder: Path) -> list[File]:
    """The door's and the ledger's files, each as of its last commit, also while it is written."""
    return _dump(data_dir, folder, (*_counts(data_dir), LEDGER, KEYS))


def dump_events(data_dir: Path, folder: Path, state: sqlite3.Connection | None) -> list[File]:
    """The events worker's `state`, as it is seen there, and the files beside it."""
    if state is None:
        return []
    return [_copied(folder, EVENTS_STATE, state), *_dump(data_dir, folder, EVENTS_FILES)]


@contextmanager
def receivers_fixed(data_dir: Path) -> Iterator[sqlite3.Connection | None]:
    """The state of the receivers; its worker commits nothing while the block lasts.

    None where there is none.
    """
    path = data_dir / CONNECTORS_STATE
    if not path.exists():
        yield None
        return
    with closing(sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)) as holding:
        holding.execute("BEGIN IMMEDIATE")
        with closing(read_only(path)) as reading:
            yield reading
        holding.execute("ROLLBACK")


def dump_receivers(folder: Path, state: sqlite3.Connection | None) -> list[File]:
    """The state of the receivers, as it is seen there."""
    return [] if state is None else [_copied(folder, CONNECTORS_STATE, state)]


def _copied(folder: Path, path: Path, state: sqlite3.Connection) -> File:
    name = f"state/{path}"
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(target)) as writing:
        state.backup(writing)
    sync(target)
    return describe(folder, name)


def _dump(data_dir: Path, folder: Path, paths: Iterable[Path]) -> list[File]:
    copied = []
    for path in paths:
        source = data_dir / path
        if not source.exists():
            continue
        name = f"state/{path}"
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".sqlite3":
            with closing(read_only(source)) as reading, closing(sqlite3.connect(target)) as writing:
                reading.backup(writing)
        else:
            shutil.copyfile(source, target)
        sync(target)
        copied.append(describe(folder, name))
    return copied


def require_empty(data_dir: Path, folder: Path, files: list[File]) -> None:
    """Raise BackupError where a restore would overwrite state, a line for each file.

    What a start of the rooms leaves behind is none: a count and a ledger of nothing.
    """
    problems = []
    for path in _counts(data_dir):
        accepted = _rows(data_dir / path, "SELECT COALESCE(SUM(receipts), 0) FROM accepted")
        if accepted:
            problems.append(f"{data_dir / path}: the door has accepted {accepted} receipts")
    counted = _rows(data_dir / LEDGER, "SELECT COUNT(*) FROM identities")
    if counted:
        problems.append(f"{data_dir / LEDGER}: the ledger has counted {counted} receipts")
    heard = _rows(data_dir / EVENTS_STATE, "SELECT COALESCE(SUM(events), 0) FROM streams")
    if heard:
        problems.append(f"{data_dir / EVENTS_STATE}: the windows have counted {heard} events")
    sold = _rows(data_dir / CONNECTORS_STATE, "SELECT COUNT(*) FROM sales")
    if sold:
        problems.append(f"{data_dir / CONNECTORS_STATE}: the receivers know {sold} sales")
    problems += [
        f"{data_dir / path}: persons were erased, and the backup knows nothing of it"
        for path in (ERASURES, ERASURE_KEY)
        if (data_dir / path).exists() and not _is_same(data_dir / path, folder / "state" / path)
    ]
    keys = data_dir / KEYS
    ours = next((folder / file.path for file in files if file.path == f"state/{KEYS}"), None)
    if ours is not None and keys.exists() and keys.read_bytes() != ours.read_bytes():
        problems.append(f"{keys}: there are other API keys than in the backup")
    if problems:
        raise BackupError(
            "\n".join([*problems, "set DATA_DIR to a new folder, or move these files away"])
        )


def _is_same(path: Path, other: Path) -> bool:
    return other.exists() and path.read_bytes() == other.read_bytes()


def _rows(path: Path, question: str) -> int:
    """The one number that a file answers; 0 where there is no such file or table."""
    if not path.exists():
        return 0
    try:
        with closing(read_only(path)) as database:
            return int(database.execute(question).fetchone()[0])
    except sqlite3.DatabaseError as error:
        if "no such table" in str(error):
            return 0
        raise BackupError(f"{path} cannot be read ({error}); move it away") from error


def restore(data_dir: Path, folder: Path, files: list[File], renew: Callable[[Path], None]) -> None:
    """Put the files in place, each whole or not at all; all but the ledger.

    The events worker's state is given to `renew` before.
    """
    for file in files:
        path = Path(file.path).relative_to("state")
        if path == LEDGER:
            continue
        target = data_dir / path
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(target.name + ".restoring")
        shutil.copyfile(folder / file.path, fresh)
        if path in _PRIVATE:
            fresh.chmod(0o600)
        if path == EVENTS_STATE:
            renew(fresh)
        # What a start of the rooms has left beside it must not be read into the new file.
        remove_journal(target)
        sync(fresh)
        fresh.replace(target)
        sync(target.parent)


def _counts(data_dir: Path) -> list[Path]:
    return [
        path.relative_to(data_dir)
        for path in sorted(accepted_count.folder_of(data_dir).glob("*.sqlite3"))
    ]
