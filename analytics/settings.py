"""Settings of the analytics workers and commands, from the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from tillstream.errors import SettingsError
from tillstream.runtime import data_folder
from tillstream.runtime.settings import (
    DATABASE,
    BrokerSettings,
    DatabaseName,
    MongoUrl,
    StoreTimeSettings,
    TracingSettings,
    WatchSettings,
)


@dataclass(frozen=True, kw_only=True)
class AnalyticsSettings(StoreTimeSettings, WatchSettings, BrokerSettings):
    """Where the log is, and where the ledger is kept."""

    #: The ledger is in it (data_folder.LEDGER).
    data_dir: Path = Path("var")
    #: Days for which a receipt's identity is kept after it was first seen.
    identity_days: Annotated[int, Meta(ge=1)] = 400

    def ledger_path(self) -> Path:
        """The ledger's file."""
        return self.data_dir / data_folder.LEDGER


@dataclass(frozen=True, kw_only=True)
class VerifySettings(AnalyticsSettings, TracingSettings):
    """Also where the archive is, for what reads it."""

    mongo_url: MongoUrl | None = None
    mongo_database: DatabaseName = DATABASE
    #: The analytic archive: a folder, or any fsspec URL; else `parquet` in `data_dir`.
    parquet_url: str | None = None

    def files_url(self) -> str:
        """Where the analytic archive is."""
        return self.parquet_url or str(self.data_dir / "parquet")

    def require_mongo(self) -> str:
        """The archive's URL; raises SettingsError when it is not set."""
        if self.mongo_url is None:
            raise SettingsError(["MONGO_URL is not set; this command reads the archive"])
        return self.mongo_url
