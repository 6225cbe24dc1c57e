"""One thread that hears result exchanges and hands their snapshots on."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import structlog
from pika.adapters.blocking_connection import BlockingConnection

from tillstream.clock import Clock
from tillstream.runtime import broker, subscription

log = structlog.get_logger()

#: Snapshots that wait in the broker for a busy process: the oldest give way, 5 s of them.
QUEUE_LENGTH = 64
QUEUE_BYTES = 16_000_000


class Feed:
    """The subscription of one process; nothing of it outlives the process."""

    def __init__(
        self,
        url: str,
        take: Callable[[Any, float], None],
        clock: Clock,
        stop: threading.Event,
        decoders: Mapping[str, msgspec.json.Decoder[Any]],
        name: str,
    ) -> None:
        """`decoders` by the exchange that is heard; `take` has what they make of a body.

        The broker shows the connection under `name`.
        """
        self._url = url
        self._name = name
        self._take = take
        self._decoders = decoders
        self._clock = clock
        self._stop = stop
        #: Set once the feed has been subscribed for the first time.
        self.subscribed = threading.Event()

    def run(self) -> None:
        """Hear until `stop`; a broker that is away is tried again with backoff."""
        broker.keep_connected(self._url, self._name, self._session, self._stop)

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
