"""Settings of the persistence room, from the environment."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from tillstream.runtime.settings import (
    BrokerSettings,
    MongoSettings,
    Settings,
    StoreTimeSettings,
    TracingSettings,
    WatchSettings,
)

#: 0 keeps for ever; MongoDB's own limit is 2^31 seconds.
Days = Annotated[int, Meta(ge=0, le=24_000)]


@dataclass(frozen=True, kw_only=True)
class RetentionSettings(Settings):
    """For how long MongoDB keeps what it has, days; 0 is for ever."""

    #: Closed business days: `python -m persistence tiers` drops what the Parquet files have.
    receipts_retention_days: Days = 0
    conflicts_retention_days: Days = 0
    dead_letters_retention_days: Days = 0

    def days(self) -> dict[str, int]:
        """By collection, of what MongoDB drops by itself."""
        return {
            "conflicts": self.conflicts_retention_days,
            "dead_letters": self.dead_letters_retention_days,
        }


@dataclass(frozen=True, kw_only=True)
class PersistenceSettings(
    RetentionSettings,
    StoreTimeSettings,
    MongoSettings,
    WatchSettings,
    BrokerSettings,
    TracingSettings,
):
    """Where receipts come from, where they are kept, and how a business day is told."""
