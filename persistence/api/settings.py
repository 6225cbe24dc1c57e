"""Settings of the service of questions, from the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from tillstream.http.budgets import HttpBudgets
from tillstream.runtime.settings import LogSettings, MongoSettings, Port, StoreTimeSettings


@dataclass(frozen=True, kw_only=True)
class ArchiveApiSettings(StoreTimeSettings, MongoSettings, LogSettings, HttpBudgets):
    """Where it listens, who may ask, and how a business day is told."""

    archive_api_host: str = "127.0.0.1"
    archive_api_port: Port = 3001
    #: Where the API keys are, the door's own, and the ledger.
    data_dir: Path = Path("var")
    #: `on`: a request without a valid API key is refused.
    api_keys: Literal["on", "off"] = "off"
    #: Requests a second of one API key, on average; for the door, receipts.
    rate_limit_per_key: Annotated[int, Meta(ge=1)] = 1_000
    #: Which requests are logged.
    access_log: Literal["all", "refused", "off"] = "refused"
