"""One run at a time on a data folder."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tillstream.errors import TillstreamError
from tillstream.runtime import data_folder, files

#: Read and entered by its owner alone: receipts, keys and passwords lie in it.
PRIVATE_FOLDER = 0o700


class HeldFolder:
    """A data folder that this process holds; its path may come to lead to another one."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def require_held(self) -> None:
        """Raise TillstreamError where the path does not lead to the folder that is held."""
        held = os.fstat(self._descriptor)
        try:
            found = self._path.stat()
        except OSError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != (held.st_dev, held.st_ino):
            raise TillstreamError(
                f"{self._path} was deleted or moved while it was in use: everything ends, so that "
                "nothing is written into another folder; put it back, then start again"
            )


@contextmanager
def locked(data_dir: Path) -> Iterator[HeldFolder]:
    """Hold `data_dir` for this process; raises TillstreamError when another one has it,
    DataFolderError where there can be none.

    The folder itself is locked, not a file in it that somebody may delete. The kernel lets go
    of the lock when the process ends, however it ends. Others than its owner are kept out.
    """
    data_folder.require_writable(data_dir, PRIVATE_FOLDER)
    # Says who has the lock, to people; it holds nothing.
    note = data_dir / "lock"
    holder = _text(note) or "unknown"
    taken = TillstreamError(
        f"{data_dir} is in use by another `tillstream up` (process {holder}); "
        "stop that one, or set DATA_DIR to another folder"
    )
    with files.locked(data_dir, taken) as folder:
        _keep_others_out(folder)
        note.write_text(f"{os.getpid()}\n")
        yield HeldFolder(data_dir, folder)


def _keep_others_out(folder: int) -> None:
    information = os.fstat(folder)
    # A folder of somebody else's, or one that all write to as /tmp, is not ours to close.
    if information.st_uid == os.geteuid() and not information.st_mode & 0o1002:
        with contextlib.suppress(PermissionError):
            os.fchmod(folder, PRIVATE_FOLDER)


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
