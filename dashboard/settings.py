"""Settings of the dashboard, from the environment."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from tillstream.settings import BrokerSettings, MongoSettings, Port, StoreTimeSettings


@dataclass(frozen=True, kw_only=True)
class DashboardSettings(BrokerSettings, MongoSettings, StoreTimeSettings):
    """Where the page is served, where its figures come from, whose clock it shows."""

    #: Loopback unless it is told otherwise: the page has no sign-in of its own.
    dashboard_host: str = "127.0.0.1"
    dashboard_port: Port = 8050
    #: Open pages beyond this number are refused with 503.
    dashboard_max_viewers: Annotated[int, Meta(ge=1, le=100_000)] = 1000
