"""Settings of the dashboard, from the environment."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from tillstream.http.budgets import HttpBudgets
from tillstream.runtime.settings import (
    BrokerSettings,
    MongoSettings,
    Port,
    StoreTimeSettings,
    StreamsSettings,
)


@dataclass(frozen=True, kw_only=True)
class DashboardSettings(
    StreamsSettings, BrokerSettings, MongoSettings, StoreTimeSettings, HttpBudgets
):
    """Where the page is served, where its figures come from, whose clock it shows."""

    #: Loopback unless it is told otherwise: without a user the page has no sign-in.
    dashboard_host: str = "127.0.0.1"
    dashboard_port: Port = 8050
    #: Open pages beyond this number are refused with 503.
    dashboard_max_viewers: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    #: Basic authentication when both are set. Over a network it wants TLS before it.
    dashboard_user: str = ""
    dashboard_password: str = ""

    def problems(self) -> list[str]:
        """What does not go together."""
        if bool(self.dashboard_user) == bool(self.dashboard_password):
            return []
        return ["DASHBOARD_USER and DASHBOARD_PASSWORD are set together or not at all"]
