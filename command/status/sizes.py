"""How much is kept, and how much disk and memory is left."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from command.status.findings import ProgramFound, SizesFound
from command.status.processes import available_memory


def sizes(data_dir: Path, programs: Iterable[ProgramFound]) -> SizesFound:
    """Bytes on the disk of `data_dir` and of memory; raises OSError."""
    disk = shutil.disk_usage(data_dir)
    return SizesFound(
        ledger=_folder(data_dir / "analytics"),
        log_and_queues=_folder(data_dir / "rabbitmq"),
        archive=_folder(data_dir / "mongo"),
        analytic_archive=_folder(data_dir / "parquet"),
        disk_free=disk.free,
        disk_total=disk.total,
        memory_used=sum(program.memory_bytes or 0 for program in programs),
        memory_available=available_memory(),
    )


def _folder(folder: Path) -> int:
    """Bytes of all files below; those that go meanwhile are left out."""
    total, pending = 0, [folder]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(Path(entry.path))
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total
