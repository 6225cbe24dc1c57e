"""A disk of a test's own that can be filled: a tmpfs, mounted where that is allowed."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHUNK_BYTES = 1 << 20


class SmallDisk:
    """A mounted disk, and a file of another program that takes its space."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._other = path / "of-another-program"

    def free(self) -> int:
        """Bytes that are free."""
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize

    def fill(self, left: int = 0) -> None:
        """Take space until at most `left` bytes are free."""
        with self._other.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while (over := self.free() - left) > 0:
                file.write(bytes(min(over, CHUNK_BYTES)))

    def release(self) -> None:
        """Give the space back."""
        self._other.unlink(missing_ok=True)


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk of this size at `path`; skips where mounting is not allowed."""
    path.mkdir()
    size = f"size={megabytes}m,mode=755"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tillstream-test", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"a disk cannot be mounted here (root may): {done.stderr.strip()}")
    try:
        yield SmallDisk(path)
    finally:
        # Lazily: a process that still ends does not keep the test from ending.
        subprocess.run(["umount", "--lazy", str(path)], check=True)
