"""Who owns the ledger's file, and how a rebuilt one takes its place."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def rebuilt_path(path: Path) -> Path:
    """Where a rebuilt ledger waits for its adoption."""
    return path.with_suffix(".rebuilt")


def adopt(path: Path) -> bool:
    """Put a rebuilt ledger, if there is one, in the place of the old one. For the owner only.

    A kill between the two steps leaves no ledger at `path`: the next start adopts again.
    """
    rebuilt = rebuilt_path(path)
    if not rebuilt.exists():
        return False
    # 1. The old one's write-ahead log must not be read into the new file.
    remove(path)
    # 2. The new file is whole: it was closed, its own write-ahead log merged into it.
    rebuilt.replace(path)
    return True


@contextmanager
def owned(path: Path) -> Iterator[bool]:
    """Own the ledger at `path` while in the block; False when another process does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def remove(path: Path) -> None:
    """Remove a ledger's files, as far as they exist."""
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        with suppress(FileNotFoundError):
            name.unlink()
