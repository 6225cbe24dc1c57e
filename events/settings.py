"""Settings of the events worker and its commands, from the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from tillstream.runtime import data_folder
from tillstream.runtime.settings import (
    DATABASE,
    BrokerSettings,
    DatabaseName,
    DoorSettings,
    MongoUrl,
    StoreTimeSettings,
    StreamsSettings,
    TracingSettings,
    WatchSettings,
)

#: The state of the windows in a data folder.
STATE = data_folder.EVENTS_STATE


@dataclass(frozen=True, kw_only=True)
class EventsSettings(
    DoorSettings,
    StreamsSettings,
    StoreTimeSettings,
    WatchSettings,
    BrokerSettings,
    TracingSettings,
):
    """Where the log is, what is declared, and where the state is kept."""

    data_dir: Path = Path("var")
    #: A folder, or any fsspec URL; `parquet` in `data_dir` when it is not set.
    parquet_url: str | None = None
    #: Where windows are kept for reading; without it they are published only.
    mongo_url: MongoUrl | None = None
    mongo_database: DatabaseName = DATABASE
    #: Days for which an identity, of an event or a receipt, is kept after it was first seen.
    identity_days: Annotated[int, Meta(ge=1, le=36_500)] = 400
    #: Of how many hours `track-aggregates` makes a file.
    aggregates_hours: Annotated[int, Meta(ge=1, le=24)] = 3
    #: A key of the door, for refused rows that are sent again.
    api_key: str | None = None

    def archive_url(self) -> str:
        """Where the Parquet files are."""
        return self.parquet_url or str(self.data_dir / "parquet")

    def state_path(self) -> Path:
        """The state's file."""
        return self.data_dir / STATE
