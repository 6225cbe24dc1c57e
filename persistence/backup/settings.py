"""Settings of backup and restore, from the environment."""

from dataclasses import dataclass
from pathlib import Path

from persistence.settings import PersistenceSettings


@dataclass(frozen=True, kw_only=True)
class BackupSettings(PersistenceSettings):
    """The archive, the broker, and where the other rooms keep their state."""

    data_dir: Path = Path("var")
