"""Settings of backup and restore, from the environment."""

from dataclasses import dataclass
from pathlib import Path

from persistence.settings import PersistenceSettings
from tillstream.runtime.settings import StreamsSettings


@dataclass(frozen=True, kw_only=True)
class BackupSettings(StreamsSettings, PersistenceSettings):
    """The archive, the broker, and where the other rooms keep their state."""

    data_dir: Path = Path("var")
    #: The analytic archive: a folder or fsspec URL; `parquet` in `data_dir` when it is not set.
    parquet_url: str | None = None

    def archive_url(self) -> str:
        """Where the Parquet files are."""
        return self.parquet_url or str(self.data_dir / "parquet")
