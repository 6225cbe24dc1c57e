"""A SQLite file with one owner, and another one that is rebuilt beside it to take its place."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tillstream.runtime import files


def rebuilt_path(path: Path) -> Path:
    """Where a rebuilt file waits for its adoption."""
    return path.with_suffix(".rebuilt")


@contextmanager
def owned(path: Path, note: str | None = None) -> Iterator[bool]:
    """Own the file at `path` while in the block; False when another process does.

    `note` is left in the lock's file for others to read.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("a+") as lock:
        own = files.try_lock(lock.fileno())
        if own and note is not None:
            lock.truncate(0)
            lock.write(note)
            lock.flush()
        yield own


def take_place(path: Path) -> None:
    """Put the rebuilt file, which is whole and closed, in the place of the old one.

    A kill between the two steps leaves no file at `path`: the next start does it again.
    """
    rebuilt = rebuilt_path(path)
    remove_journal(rebuilt)
    # 1. The old one's write-ahead log must not be read into the new file.
    remove(path)
    # 2. The new file is whole: it was closed, its own write-ahead log merged into it.
    rebuilt.replace(path)


def remove(path: Path) -> None:
    """Remove a SQLite file and its journal, as far as they exist."""
    path.unlink(missing_ok=True)
    remove_journal(path)


def remove_journal(path: Path) -> None:
    """Remove what SQLite keeps beside a file that is closed."""
    for name in (path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
