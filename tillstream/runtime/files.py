"""Files that survive a power cut, and locks of the kernel that end with their process."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_durably(path: Path, body: bytes, mode: int = 0o666) -> None:
    """Write a file whole or not at all; it is on the disk when this returns.

    Two processes may do so at once: one of the two files stays. Raises OSError.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        # 1. The bytes, under another name.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        # 2. The name, in one step.
        fresh.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
    # 3. The folder, which has the name.
    sync(path.parent)


def sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Lock an open file or folder until it is closed; False where another one has the lock."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(path: Path, taken: Exception | None = None) -> Iterator[int]:
    """Hold the lock of a folder, or of a file that is made where there is none.

    Gives the open descriptor. While another process has the lock, `taken` is raised; without it,
    this waits. The kernel lets go of the lock when the process ends, however it ends.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY if path.is_dir() else os.O_RDWR | os.O_CREAT
    descriptor = os.open(path, flags, 0o666)
    try:
        if taken is None:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        elif not try_lock(descriptor):
            raise taken
        yield descriptor
    finally:
        os.close(descriptor)
