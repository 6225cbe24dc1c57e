"""Settings of the analytic archive, from the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from tillstream.runtime.settings import (
    LogSettings,
    MongoSettings,
    StoreTimeSettings,
    StreamsSettings,
)


@dataclass(frozen=True, kw_only=True)
class ParquetSettings(StoreTimeSettings, MongoSettings, LogSettings):
    """Where receipts are kept, where their Parquet files go, and when a business day is over."""

    data_dir: Path = Path("var")
    #: A folder, or any fsspec URL; `parquet` in `data_dir` when it is not set.
    parquet_url: str | None = None
    #: How many closed business days an export keeps; 0 keeps all.
    parquet_retention_days: Annotated[int, Meta(ge=0, le=100_000)] = 0

    def archive_url(self) -> str:
        """Where the Parquet files are."""
        return self.parquet_url or str(self.data_dir / "parquet")


@dataclass(frozen=True, kw_only=True)
class SqlSettings(StreamsSettings, ParquetSettings):
    """Those, and where streams are declared: of some MongoDB has the newest rows."""
