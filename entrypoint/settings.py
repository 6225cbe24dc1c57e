"""Settings of the entrypoint, from the environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from tillstream.errors import SettingsError
from tillstream.http.budgets import HttpBudgets
from tillstream.receipt_rules import RULES
from tillstream.runtime.settings import (
    BrokerSettings,
    DeliveriesSettings,
    DiskSettings,
    HttpUrl,
    Port,
    ReceiptSettings,
    ReceiversSettings,
    StoreTimeSettings,
    StreamsSettings,
    TracingSettings,
)

#: Longest wait for receipts in flight when the door closes, seconds.
DRAIN_SECONDS = 10

Positive = Annotated[int, Meta(ge=1)]


@dataclass(frozen=True, kw_only=True)
class EntrypointSettings(
    StoreTimeSettings,
    StreamsSettings,
    ReceiptSettings,
    ReceiversSettings,
    BrokerSettings,
    DeliveriesSettings,
    DiskSettings,
    HttpBudgets,
    TracingSettings,
):
    """Where the door listens, what it takes, and how long it waits for the broker."""

    entrypoint_host: str = "127.0.0.1"
    entrypoint_port: Port = 3000
    #: Processes that share the port; one is enough for one or two cores that others share.
    entrypoint_workers: Annotated[int, Meta(ge=1, le=256)] = 1
    #: Where the API keys are: `entrypoint/keys.json` in it.
    data_dir: Path = Path("var")
    #: Largest body of `POST /receipts` and `POST /events/{stream}`, bytes, also when unpacked.
    max_batch_bytes: Annotated[int, Meta(ge=1024)] = 16_777_216
    #: Largest body of `POST /receivers/{name}`, bytes.
    max_delivery_bytes: Annotated[int, Meta(ge=1024, le=16_000_000)] = 8_388_608
    #: The door's address as vendors have it, of those that sign it: https://tills.example.com.
    receivers_url: HttpUrl | None = None
    #: Secrets of receivers, beside RECEIVER_<NAME>_SECRET: TOML, `name = ["secret", "secret"]`.
    receiver_secrets_file: Path | None = None
    #: Most receipts of one batch.
    max_batch_receipts: Positive = 100_000
    #: Most events of one body.
    max_batch_events: Positive = 100_000
    #: Longest wait for a confirm, seconds; then the answer is 503.
    confirm_timeout_seconds: Annotated[float, Meta(gt=0)] = 5.0
    #: Shortest time between two messages of few receipts, milliseconds; a receipt that comes later
    #: after the last message goes out at once. 0: none waits.
    publish_pace_ms: Annotated[int, Meta(ge=0, le=1000)] = 20
    #: Receipts that may wait for the broker at once; one more is answered with 503.
    max_receipts_in_flight: Positive = 20_000
    #: Bytes of receipts that may wait for the broker at once; one more receipt is 503.
    max_bytes_in_flight: Annotated[int, Meta(ge=8_388_608)] = 67_108_864
    #: Events that may wait for the broker at once, of all streams; one more is answered with 503.
    max_events_in_flight: Positive = 500_000
    #: Receipts and idempotency keys that are remembered to answer a retry at once.
    remembered_receipts: Positive = 100_000
    #: `on`: a request without a valid API key is refused.
    api_keys: Literal["on", "off"] = "off"
    #: Receipts a second that one API key may send, on average; bursts of ten seconds' worth.
    rate_limit_per_key: Positive = 1_000
    #: Events a second that one API key may send, in the same way.
    rate_limit_events_per_key: Positive = 100_000
    #: Rules that refuse instead of marking: ids joined by commas, or `all`.
    refuse_rules: str = ""
    #: Which requests are logged.
    access_log: Literal["all", "refused", "off"] = "refused"

    def __post_init__(self) -> None:
        if self.publish_pace_ms > 500 * self.confirm_timeout_seconds:
            raise SettingsError(
                ["PUBLISH_PACE_MS: at most half of CONFIRM_TIMEOUT_SECONDS, of which it is a part"]
            )
        if self.max_events_in_flight < self.max_batch_events:
            raise SettingsError(
                ["MAX_EVENTS_IN_FLIGHT: no less than MAX_BATCH_EVENTS, or no such body is taken"]
            )
        unknown = sorted(self.refused() - RULES.keys())
        if unknown:
            raise SettingsError(
                [
                    f"REFUSE_RULES: no rule is called {', '.join(unknown)}; there are "
                    f"{', '.join(RULES)}, or all"
                ]
            )

    def refused(self) -> frozenset[str]:
        """Ids of the rules that refuse a receipt."""
        if self.refuse_rules == "all":
            return frozenset(RULES)
        return frozenset(filter(None, (part.strip() for part in self.refuse_rules.split(","))))
