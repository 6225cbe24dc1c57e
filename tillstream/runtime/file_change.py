"""Notices that a file has changed, at a cost of one `stat` a second."""

from pathlib import Path

from tillstream.clock import Clock

#: How often a file is looked at, seconds: what was taken out of it is out this soon.
LOOK_SECONDS = 1.0

_Version = tuple[int, int, int]


class FileChange:
    """What `path` was when it was last read."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._looked_at: float | None = None
        self._version: _Version | None = None

    def is_due(self) -> bool:
        """Whether the file is to be read: it was not yet, or has changed since; told once."""
        now = self._clock()
        if self._looked_at is not None and 0 <= now - self._looked_at < LOOK_SECONDS:
            return False
        self._looked_at = now
        version = self._found()
        if version == self._version:
            return False
        self._version = version
        return True

    def _found(self) -> _Version:
        try:
            status = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return (status.st_mtime_ns, status.st_ino, status.st_size)
