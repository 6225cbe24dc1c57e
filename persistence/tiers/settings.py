"""Settings of the tiers, from the environment."""

from dataclasses import dataclass
from datetime import time
from typing import Annotated

from msgspec import Meta

from persistence.parquet.settings import ParquetSettings
from persistence.seal.settings import SealSettings
from persistence.settings import RetentionSettings

WallClock = Annotated[
    str,
    Meta(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="it is a time from 00:00 to 23:59, with two digits for the hour",
    ),
]


@dataclass(frozen=True, kw_only=True)
class TiersSettings(ParquetSettings, SealSettings, RetentionSettings):
    """Where receipts are, for how long MongoDB keeps them, and when they are moved."""

    #: Once a day, by the clock of STORE_TIMEZONE; after the cutoff of the last store.
    tiers_at: WallClock = "04:30"

    def at(self) -> time:
        """The time of TIERS_AT."""
        return time.fromisoformat(self.tiers_at)
