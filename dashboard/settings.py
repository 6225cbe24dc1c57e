"""Settings of the dashboard, from the environment."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from tillstream.errors import SettingsError
from tillstream.http.budgets import HttpBudgets
from tillstream.runtime.settings import (
    BrokerSettings,
    MongoSettings,
    Port,
    StoreTimeSettings,
    StreamsSettings,
)

#: Characters of what a proxy proves itself by: it is guessed as a password is.
LEAST_SECRET = 16
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")


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
    #: Users with their roles, a file of TOML: `python -m dashboard users`.
    users_file: Path | None = None
    #: The header in which a proxy names a user of the file, and what proves that it is the proxy.
    user_header: str = ""
    user_header_secret: str = ""

    def __post_init__(self) -> None:
        told = []
        if bool(self.dashboard_user) != bool(self.dashboard_password):
            told.append("DASHBOARD_USER and DASHBOARD_PASSWORD are set together or not at all")
        if bool(self.user_header) != bool(self.user_header_secret):
            told.append("USER_HEADER and USER_HEADER_SECRET are set together or not at all")
        elif self.user_header and len(self.user_header_secret) < LEAST_SECRET:
            told.append(f"USER_HEADER_SECRET has at least {LEAST_SECRET} characters")
        if self.user_header and self.users_file is None:
            told.append("USER_HEADER names a user of USERS_FILE, which is not set")
        if self.user_header and not _HEADER.fullmatch(self.user_header):
            told.append(f"USER_HEADER={self.user_header!r} is no name of a header")
        if told:
            raise SettingsError(told)
