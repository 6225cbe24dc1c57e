"""Settings of the entrypoint, from the environment."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from tillstream.settings import BrokerSettings, Port, StoreTimeSettings


@dataclass(frozen=True, kw_only=True)
class EntrypointSettings(StoreTimeSettings, BrokerSettings):
    """Where the door listens, what it takes, and how long it waits for the broker."""

    entrypoint_host: str = "127.0.0.1"
    entrypoint_port: Port = 3000
    #: Largest body of one receipt, bytes.
    max_receipt_bytes: Annotated[int, Meta(ge=1024)] = 262_144
    #: Longest wait for a confirm, seconds; then the answer is 503.
    confirm_timeout_seconds: Annotated[float, Meta(gt=0)] = 5.0
    #: Receipts that may wait for the broker at once; one more is answered with 503.
    max_receipts_in_flight: Annotated[int, Meta(ge=1)] = 20_000
