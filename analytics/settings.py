"""Settings of the analytics workers, from the environment."""

from dataclasses import dataclass
from pathlib import Path

from tillstream.settings import BrokerSettings, StoreTimeSettings


@dataclass(frozen=True, kw_only=True)
class AnalyticsSettings(StoreTimeSettings, BrokerSettings):
    """Where the log is, and where the ledger is kept."""

    #: The ledger is `analytics/totals.sqlite3` in it.
    data_dir: Path = Path("var")
