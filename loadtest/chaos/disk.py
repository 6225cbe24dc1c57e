"""A disk of the run's own that another program fills: a tmpfs, where mounting is allowed."""

import contextlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tillstream.errors import ServerNotReadyError
from tillstream.runtime.disk import free_bytes

MEGABYTES = 3_000
#: The door refuses below it.
LEAST_FREE_BYTES = 300_000_000
CHUNK_BYTES = 1 << 20


@contextmanager
def own_disk(path: Path) -> Iterator[None]:
    """An empty disk at `path`. Raises ServerNotReadyError where that is forbidden."""
    path.mkdir()
    options = f"size={MEGABYTES}m,mode=700"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tillstream-chaos", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServerNotReadyError(
            f"a disk to fill has to be mounted, as root: {done.stderr.strip()}"
        )
    try:
        yield
    finally:
        # Lazily: a process that still ends does not keep the run from ending.
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def fill(path: Path) -> Path:
    """Take all free space of the disk that `path` is on; removing the returned file ends it."""
    taken = path / "of-another-program"
    with taken.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while free := free_bytes(path):
            file.write(bytes(min(free, CHUNK_BYTES)))
    return taken
