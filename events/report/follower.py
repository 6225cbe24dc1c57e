"""Hears the rows of one window on the exchange `windows`, and hands them on as lines."""

import threading
from collections.abc import Callable

import msgspec
import structlog
from pika.adapters.blocking_connection import BlockingConnection

from events.report.lines import Lines
from tillstream import topology
from tillstream.runtime import subscription
from tillstream.streams.window_rows import WindowsSnapshot

log = structlog.get_logger()

#: Snapshots that wait in the broker for a busy report: the oldest give way.
QUEUE_LENGTH = 1_000
QUEUE_BYTES = 64_000_000

_decode = msgspec.json.Decoder(WindowsSnapshot).decode


class Follower:
    """One session after the other, until `stop`."""

    def __init__(
        self, name: str, lines: Lines, before: Callable[[], None], stop: threading.Event
    ) -> None:
        """`before` tells what MongoDB has, once this hears what comes after."""
        self._name = name
        self._lines = lines
        self._before = before
        self._stop = stop
        self._behind = ""

    def run(self, connection: BlockingConnection) -> None:
        """Tell rows until `stop`; raises AMQPError where the subscription ends."""
        channel = connection.channel()
        queue = subscription.subscribe(channel, [topology.WINDOWS], QUEUE_LENGTH, QUEUE_BYTES)
        log.info("following", window=self._name)
        self._before()
        for _, body in subscription.heard(channel, queue, self._stop):
            self.take(body)

    def take(self, body: bytes) -> None:
        """Tell the rows of one snapshot; one that cannot be read is left out."""
        try:
            snapshot = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("snapshot left out", error=str(error))
            return
        if snapshot.window != self._name:
            return
        if snapshot.stale and snapshot.stale != self._behind:
            log.warning("the window is old", window=self._name, reason=snapshot.stale)
        self._behind = snapshot.stale
        for row in snapshot.rows:
            if (line := self._lines.line(row)) is not None:
                log.info(line.event, **line.fields)
