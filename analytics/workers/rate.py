"""The rate worker: receipts a minute from the last 60 seconds of the log, right at once."""

import threading
from datetime import timedelta

import msgspec
import structlog
from pika.adapters.blocking_connection import BlockingConnection

from analytics.workers.rate_window import WINDOW_SECONDS, RateWindow
from tillstream import topology
from tillstream.clock import Clock, utc
from tillstream.codec import receipt_bodies
from tillstream.errors import UndecodableMessageError
from tillstream.log.continuity import LogEnds
from tillstream.log.partitioned_log import opened
from tillstream.log.positions import Offsets, last_sum, newest
from tillstream.log.reader import LogMessage, LogReader, Start
from tillstream.receipt import Wire
from tillstream.runtime import broker
from tillstream.runtime.periodic import SNAPSHOT_SECONDS, Every
from tillstream.runtime.watching.figures import Measured, measured
from tillstream.runtime.watching.watched import Watched
from tillstream.snapshots import RateSnapshot

log = structlog.get_logger()

#: A time of receipt so far from now is of a clock that has jumped, seconds.
OTHER_TIME_SECONDS = 86_400.0
#: After a message, how long others are waited for, seconds; a part of the latency that is told.
GATHER_SECONDS = 0.1


class Received(Wire, frozen=True):
    """The one field of a receipt that the rate needs."""

    received_time: float


_decoder = msgspec.json.Decoder(Received)


class RateWorker:
    """Holds no state of its own: each start reads the window again from the log."""

    def __init__(
        self, clock: Clock, watched: Watched | None = None, looked_up: LogEnds | None = None
    ) -> None:
        """`looked_up` is what can be looked up of the log; None where nothing is read from it."""
        self._looked_up = looked_up
        watched = watched or Watched("rate")
        self._vitals = watched.vitals
        self._per_minute: int | None = None
        measured(
            watched.registry,
            Measured(
                "tillstream_receipts_last_minute",
                "Receipts received in the last 60 seconds",
                lambda: self._per_minute,
            ),
        )
        self._clock = clock
        self._window = RateWindow()
        self._live_since = clock()
        #: The newest offset of each partition of the log that is known of.
        self._log_offsets: Offsets = {}

    def run(self, connection: BlockingConnection, stop: threading.Event) -> None:
        """Consume from 60 s ago until `stop`; raises pika's errors on a loss."""
        self._window = RateWindow()
        self._live_since = self._clock()
        channel = connection.channel()
        broker.declare(channel)
        window_start = utc(self._live_since) - timedelta(seconds=WINDOW_SECONDS)
        reader = self._opened(connection, window_start)
        due = Every(SNAPSHOT_SECONDS, self._clock)
        while not stop.is_set():
            self._vitals.turn()
            for message in reader.gather(
                due.remaining(), lambda: min(due.remaining(), GATHER_SECONDS)
            ):
                self.add(message)
            reader.done()
            if due.is_due():
                broker.publish_snapshot(channel, topology.METRICS_STORM, self.snapshot())

    def _opened(self, connection: BlockingConnection, start: Start) -> LogReader:
        log = opened(self._looked_up) if self._looked_up else None
        if log is None or not log.is_partitioned:
            return LogReader(connection, start)
        # A partition that got nothing in the window says nothing of its end.
        self._log_offsets = log.last_offsets()
        return LogReader(connection, dict.fromkeys(log.parts, start))

    def add(self, message: LogMessage) -> None:
        """Every receipt of a message; one that does not decode has no time and is left out."""
        now = self._clock()
        self._log_offsets = newest(self._log_offsets, [message.offset])
        try:
            bodies = receipt_bodies(*message[1:4])
        except UndecodableMessageError as error:
            log.warning("undecodable message", offset=message.offset, reason=error.reason)
            return
        for body in bodies:
            try:
                self._add(_decoder.decode(body).received_time, now)
            except (msgspec.DecodeError, ValueError, OverflowError) as error:
                log.warning("a receipt has no time", offset=message.offset, reason=str(error))

    def _add(self, received: float, now: float) -> None:
        # What is not of now is in no window, and would stay in its buckets for ever.
        if abs(received - now) > OTHER_TIME_SECONDS:
            return
        self._window.add(received)
        # What came before this start was counted late for a reason of ours.
        if received >= self._live_since:
            self._window.add_latency(now - received)

    def snapshot(self) -> RateSnapshot:
        """The rate now, and the latency since the last snapshot."""
        now = self._clock()
        self._per_minute = self._window.per_minute(now)
        return RateSnapshot(
            average_per_minute=self._per_minute,
            average_ms_system=self._window.take_mean_latency_ms(),
            as_of=now,
            log_offset=last_sum(self._log_offsets),
        )
