"""Settings of the service of questions, from the environment."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from persistence.parquet.settings import ParquetSettings
from persistence.settings import Days
from tillstream.http.budgets import HttpBudgets
from tillstream.runtime.settings import Port, StreamsSettings


@dataclass(frozen=True, kw_only=True)
class ArchiveApiSettings(StreamsSettings, ParquetSettings, HttpBudgets):
    """Where it listens, who may ask, and where the tiers are.

    DATA_DIR has the API keys, the door's own, and the ledger.
    """

    archive_api_host: str = "127.0.0.1"
    archive_api_port: Port = 3001
    #: The newest days that MongoDB keeps; of 0, all: what is in question while the analytic archive
    #: cannot be read.
    receipts_retention_days: Days = 0
    #: `on`: a request without a valid API key is refused.
    api_keys: Literal["on", "off"] = "off"
    #: Requests a second of one API key, on average; for the door, receipts.
    rate_limit_per_key: Annotated[int, Meta(ge=1)] = 1_000
    #: Which requests are logged.
    access_log: Literal["all", "refused", "off"] = "refused"
