"""One thread that hears the result exchanges and hands their snapshots to the model."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import structlog
from pika.adapters.blocking_connection import BlockingConnection

from dashboard.state.heard import Snapshot
from tillstream import topology
from tillstream.clock import Clock
from tillstream.runtime import broker, subscription
from tillstream.snapshots import (
    BreakdownsSnapshot,
    CategoriesSnapshot,
    CountSnapshot,
    DelaySnapshot,
    RateSnapshot,
    TillsSnapshot,
)

log = structlog.get_logger()

#: Snapshots that wait in the broker for a busy dashboard: the oldest give way, 5 s of them.
QUEUE_LENGTH = 64
QUEUE_BYTES = 16_000_000

#: What every page is made of.
RESULTS: Mapping[str, msgspec.json.Decoder[Snapshot]] = {
    topology.COUNT: msgspec.json.Decoder(CountSnapshot),
    topology.CATEGORIES: msgspec.json.Decoder(CategoriesSnapshot),
    topology.METRICS_STORM: msgspec.json.Decoder(RateSnapshot),
    topology.METRICS_DB: msgspec.json.Decoder(DelaySnapshot),
    topology.BREAKDOWNS: msgspec.json.Decoder(BreakdownsSnapshot),
    topology.TILLS: msgspec.json.Decoder(TillsSnapshot),
}


class Feed:
    """The subscription of one dashboard process; nothing of it outlives the process."""

    def __init__(
        self,
        url: str,
        take: Callable[[Any, float], None],
        clock: Clock,
        stop: threading.Event,
        decoders: Mapping[str, msgspec.json.Decoder[Any]] = RESULTS,
    ) -> None:
        """`decoders` by the exchange that is heard; `take` has what they make of a body."""
        self._url = url
        self._take = take
        self._decoders = decoders
        self._clock = clock
        self._stop = stop
        #: Set once the feed has been subscribed for the first time.
        self.subscribed = threading.Event()

    def run(self) -> None:
        """Hear until `stop`; a broker that is away is tried again with backoff."""
        broker.keep_connected(self._url, "dashboard", self._session, self._stop)

    def _session(self, connection: BlockingConnection) -> None:
        channel = connection.channel()
        queue = subscription.subscribe(channel, self._decoders, QUEUE_LENGTH, QUEUE_BYTES)
        self.subscribed.set()
        log.info("subscribed", exchanges=list(self._decoders))
        for exchange, body in subscription.heard(channel, queue, self._stop):
            self._deliver(exchange, body)

    def _deliver(self, exchange: str, body: bytes) -> None:
        try:
            snapshot = self._decoders[exchange].decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("snapshot left out", exchange=exchange, error=str(error))
            return
        self._take(snapshot, self._clock())
