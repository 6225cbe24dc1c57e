"""Settings of the connectors' worker and its commands, from the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from tillstream.errors import TillstreamError
from tillstream.runtime import data_folder
from tillstream.runtime.settings import (
    BrokerSettings,
    DeliveriesSettings,
    ReceiptSettings,
    ReceiversSettings,
    StoreTimeSettings,
    WatchSettings,
)


@dataclass(frozen=True, kw_only=True)
class StateSettings(ReceiversSettings):
    """Where the state is."""

    data_dir: Path = Path("var")

    def state_path(self) -> Path:
        """The state's file."""
        return self.data_dir / data_folder.CONNECTORS_STATE

    def known_state_path(self) -> Path:
        """The state's file; raises TillstreamError where no worker has made one."""
        path = self.state_path()
        if not path.exists():
            raise TillstreamError(
                f"there is no {path}: the connectors' worker has not run with this DATA_DIR"
            )
        return path


@dataclass(frozen=True, kw_only=True)
class ConnectorsSettings(
    StateSettings,
    DeliveriesSettings,
    ReceiptSettings,
    StoreTimeSettings,
    WatchSettings,
    BrokerSettings,
):
    """Where the logs are, what is declared, and how long what is kept."""

    #: Days for which a sale is known after it was heard of last.
    receiver_sales_days: Annotated[int, Meta(ge=1, le=36_500)] = 400
    #: Questions to vendors' APIs at once, the longest wait for an answer, and for how many hours
    #: one is asked again.
    receiver_fetches: Annotated[int, Meta(ge=1, le=64)] = 4
    receiver_fetch_timeout_seconds: Annotated[float, Meta(gt=0, le=120)] = 10.0
    receiver_fetch_hours: Annotated[float, Meta(gt=0, le=876_000)] = 24.0
