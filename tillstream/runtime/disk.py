"""Free space on the disk of the data folder: how much has to stay free, and whether it does."""

import os
from collections.abc import Callable
from pathlib import Path

#: What stays free unless MIN_FREE_DISK_BYTES says otherwise, or this share of a small disk.
MIN_FREE_BYTES = 1 << 30
SMALL_DISK_SHARE = 0.1

UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def min_free_bytes(folder: Path, setting: int | None) -> int:
    """Bytes that have to stay free on the disk of `folder`; raises OSError where it has none."""
    if setting is not None:
        return setting
    disk = os.statvfs(_existing(folder))
    return min(MIN_FREE_BYTES, int(disk.f_blocks * disk.f_frsize * SMALL_DISK_SHARE))


def free_bytes(folder: Path) -> int:
    """Bytes that this process may still write to the disk of `folder`; raises OSError."""
    disk = os.statvfs(_existing(folder))
    return disk.f_bavail * disk.f_frsize


class FreeSpace:
    """Whether a disk has room; `look` asks the disk, everything else is what it found last."""

    def __init__(
        self, folder: Path, setting: int | None, free: Callable[[Path], int] = free_bytes
    ) -> None:
        self._folder = folder
        self._free = free
        self._least = min_free_bytes(folder, setting)
        #: Why nothing more may be written, or None while there is room.
        self.shortage: str | None = None

    def look(self) -> None:
        """Ask the disk; one that cannot be asked is no reason to refuse anything."""
        try:
            short = self._free(self._folder) < self._least
        except OSError:
            short = False
        self.shortage = (
            f"the disk of DATA_DIR has less than {in_units(self._least)} free" if short else None
        )


def in_units(count: int) -> str:
    """A number of bytes for people, such as "1 GiB" or "38.4 MiB"."""
    size, unit = float(count), 0
    while size >= 1024 and unit < len(UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.1f}".removesuffix(".0") + f" {UNITS[unit]}"


def _existing(folder: Path) -> Path:
    """`folder`, or what is above it: it may be made later."""
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists())
