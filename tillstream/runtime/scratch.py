"""Folders for what does not fit into memory; those of a process that was killed are removed."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tillstream.runtime.files import try_lock

PREFIX = "tillstream-scratch-"


@contextmanager
def scratch_folder(where: Path | None = None) -> Iterator[Path]:
    """A new folder below `where`, or the temporary one; removed at the end.

    It is locked as long as its process lives: what of others is not, nobody uses any more.
    """
    _sweep(where or Path(tempfile.gettempdir()))
    folder, lock = _locked_folder(where)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _locked_folder(where: Path | None) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=where))
        # Another's sweep may come between: then it is gone, or about to go.
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            if try_lock(lock) and folder.exists():
                return folder, lock
            os.close(lock)


def _sweep(where: Path) -> None:
    for folder in where.glob(f"{PREFIX}*"):
        # It went meanwhile, or is another user's.
        with contextlib.suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if try_lock(lock):
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
