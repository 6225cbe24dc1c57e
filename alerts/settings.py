"""Settings of the alerts, from the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from tillstream.runtime.settings import (
    BrokerSettings,
    DiskSettings,
    MongoSettings,
    StoreTimeSettings,
    WatchSettings,
)


@dataclass(frozen=True, kw_only=True)
class AlertsSettings(BrokerSettings, MongoSettings, StoreTimeSettings, WatchSettings, DiskSettings):
    """Which rules there are, whom they are sent to, and in which language."""

    #: Declares the rules.
    alerts_file: Path = Path("alerts.toml")
    #: Targets by name, as TOML; beside them those of ALERT_TARGET_NAME.
    alert_targets_file: Path | None = None
    alert_language: Literal["en", "fr"] = "en"
    #: The target that has yesterday's figures each morning; without one there is no mail.
    alert_morning_target: str = ""
    #: Least seconds from one message to the next to a target: what begins meanwhile goes together.
    alert_pace_seconds: Annotated[float, Meta(ge=0, le=3600)] = 30.0
    #: Its disk is watched.
    data_dir: Path = Path("var")
