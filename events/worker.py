"""The events worker: every event of the log counted once in its windows, whatever is killed when.

The critical sequence, for what the log gives at a time:

1. begin a transaction of the state;
2. decode the messages; what cannot be read is set aside, with its position and the reason;
3. drop the events that came before, by their identities, which are kept;
4. count each window's partial figures and merge them into its rows; an event that cannot be counted
   is found and set aside alone;
5. move the watermarks on: rows become final, and those beyond their retention are removed;
6. give the attributions their events; the rows that they make go to the outbox, as messages with
   names; write the position to go on from, and those from which the archive and the attributions
   need the log; commit: rows, identities, watermarks, outbox and positions become durable together,
   or not at all;
7. hand the events on to the archive;
8. acknowledge to the broker, which only lets it send more: the position is ours;
9. publish the outbox to the log: a message leaves it once it came back by the log and MongoDB has
   its rows; one that does not come back is published again, the same bytes under the same name;
10. publish the rows that changed, absolute; MongoDB gets them by a thread of its own.

Killed before the commit, the messages are read again and nothing of them was kept. Killed after it,
they are not counted again; those that the archive has not written are read again for it alone, and
the identities give it the same events as before. What an attribution held is read again too, and
makes no row a second time; what the outbox has is published again, and dropped where it was there.

Where a window counts receipts, their log is a second source with a position of its own
(events/receipts/receipts_counter.py has its sequence).
"""

import math
import threading
from collections.abc import Callable

from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection

from events.archive_port import EventsArchive
from events.log_source import LogBatch, LogSource, MessagesBatch
from events.outbox.attributions import Attributions
from events.outbox.publishing import OutboxPublisher
from events.outbox.snapshots import AttributionPublisher
from events.receipts.receipts_source import ReceiptsSource
from events.windows.arrivals import Step, no_step
from events.windows.event_counter import EventCounter
from events.windows.log_start import EventsEnds, find_start
from events.windows.publishing import LogPosition, WindowsPublisher
from events.worker_figures import WorkerFigures
from tillstream.clock import Clock
from tillstream.log.reader import LogMessage
from tillstream.runtime import broker
from tillstream.runtime.owned_file import rebuilt_path
from tillstream.runtime.periodic import SNAPSHOT_SECONDS, Every
from tillstream.runtime.watching.watched import Watched
from tillstream.streams.definition import MICROSECONDS

#: What comes within so long, seconds, is one commit and one snapshot.
PACE_SECONDS = 0.12
#: After the first message, how long others are waited for at least, seconds.
LEAST_GATHER_SECONDS = 0.02
#: The log's binding is made anew so often, seconds: while it is gone nothing comes.
BINDING_SECONDS = 5.0


class EventsWorker:
    """Follows the log. One writer: it owns the state's file."""

    def __init__(
        self,
        counter: EventCounter,
        clock: Clock,
        looked_up: EventsEnds,
        source: LogSource,
        archive: EventsArchive | None = None,
        committed: Callable[[], None] = lambda: None,
        step: Step = no_step,
        receipts: ReceiptsSource | None = None,
        attributions: Attributions | None = None,
        figures: WorkerFigures | None = None,
    ) -> None:
        """`looked_up` is what can be looked up of the log; `committed` is called after a commit,
        `step` before each numbered step.
        """
        self._counter = counter
        self._figures = figures or WorkerFigures(Watched("events"), clock)
        self._figures.follow(counter)
        self._clock = clock
        self._looked_up = looked_up
        self._archive = archive
        self._committed = committed
        self._step = step
        self._receipts = receipts
        self._publisher = WindowsPublisher(counter, clock)
        self._attributions = attributions
        self._source = source
        #: Up to where this session has read the log.
        self._read_to: int | None = None
        self._told = None if attributions is None else AttributionPublisher(attributions, clock)
        self._outbox: OutboxPublisher | None = None

    def run(self, connection: BlockingConnection, stop: threading.Event) -> None:
        """Consume until `stop`, or until a rebuilt state is there.

        Raises pika's errors on a loss, and LogReplacedError, LogShortenedError or LogTruncatedError
        where the log does not go on from what was counted.
        """
        channel = connection.channel()
        broker.declare(channel)
        partitions = broker.event_partitions(connection)
        progress = self._counter.progress
        self._looked_up.require_whole()
        start = self._find_start()
        base = progress.base
        source = self._source
        begin = None if progress.next_offset is None else start - base
        source.open(connection, begin, (progress.next_offset or base) - base, base)
        # Once the order of several partitions is begun: one that is empty is waited for.
        last = self._looked_up.last_offset()
        self._publisher.log_offset = None if last is None else last + base
        if self._receipts is not None:
            self._receipts.open(connection, stop)
        if self._attributions is not None:
            self._outbox = OutboxPublisher(self._attributions.outbox)
        pace = Every(PACE_SECONDS, self._clock)
        beat = Every(SNAPSHOT_SECONDS, self._clock)
        binding = Every(BINDING_SECONDS, self._clock)
        while not (stop.is_set() or rebuilt_path(self._counter.state.path).exists()):
            self._figures.vitals.turn()
            batch = source.gather(
                min(beat.remaining(), self._receipts_patience()),
                lambda: max(pace.remaining(), LEAST_GATHER_SECONDS),
            )
            if batch is not None:
                pace.begin()
                self._take(batch, start)
                self._step(8)
                source.done()
                self._step(9)
                self._publish_outbox(channel, self._counter.progress.log_clock_us)
                self._step(10)
                self._publish(channel, all_of_them=beat.is_due())
            elif beat.is_due():
                # 5. The clock goes on where nothing comes.
                self._figures.idle()
                caught_up_us = source.caught_up_us()
                if self._counter.tick(
                    self._pending(), caught_up=caught_up_us is not None, now_us=caught_up_us
                ):
                    self._committed()
                self._publish_outbox(channel, self._now_us())
                self._publish(channel, all_of_them=True)
            if self._receipts is not None and self._take_receipts(self._receipts):
                self._committed()
                self._publish(channel, all_of_them=False)
            if self._archive is not None:
                self._archive.write_due(self._clock())
            if binding.is_due():
                broker.bind_events(channel, partitions)

    def take(self, messages: list[LogMessage]) -> None:
        """Steps 1 to 7 for messages that were read elsewhere."""
        self._take(MessagesBatch(messages), 0)

    def _take(self, batch: LogBatch, start: int) -> None:
        events = batch.count(self._counter, start, self._pending())
        if events is None:
            return
        self._committed()
        self._step(7)
        if self._archive is not None:
            for one in events:
                if len(one.rows):
                    self._archive.add(one.stream, one.offset, one.received_us, one.events, one.rows)
        newest = batch.newest
        self._read_to = newest + 1
        self._publisher.log_offset = max(self._publisher.log_offset or 0, newest)
        self._figures.committed(
            [one.received_us for one in events],
            self._counter.progress.next_offset,
            self._publisher.log_offset,
        )

    def _take_receipts(self, receipts: ReceiptsSource) -> bool:
        """Whether rows changed."""
        if receipts.take():
            self._publisher.receipts = LogPosition(*receipts.position())
            return True
        return receipts.counter.tick(caught_up=receipts.is_caught_up())

    def _receipts_patience(self) -> float:
        return math.inf if self._receipts is None else self._receipts.patience()

    def _find_start(self) -> int:
        """The position to read from, for the windows, the archive and the attributions."""
        progress, base = self._counter.progress, self._counter.progress.base
        needed = None if self._attributions is None else self._attributions.read_from()
        start = find_start(progress, self._looked_up, needed)
        if self._attributions is not None and progress.base != base:
            self._attributions.follow(progress)
        self._read_to = start
        return start

    def _publish_outbox(self, channel: BlockingChannel, log_clock_us: int) -> None:
        if self._outbox is not None:
            self._outbox.publish(channel, self._now_us(), log_clock_us)

    def _publish(self, channel: BlockingChannel, *, all_of_them: bool) -> None:
        self._publisher.publish(channel, all_windows=all_of_them)
        if self._told is not None:
            position = self._counter.progress.next_offset
            self._told.publish(
                channel, position, self._publisher.log_offset, all_of_them=all_of_them
            )

    def _pending(self) -> int | None:
        """From where the archive needs the log: what it has not written, and what it needs of
        before the position, and was not read again yet.
        """
        if self._archive is None:
            return None
        pending, progress = self._archive.oldest_pending(), self._counter.progress
        if progress.archive_from is None or self._read_to is None:
            return pending
        if self._read_to >= (progress.next_offset or 0):
            return pending
        unread = max(progress.archive_from, self._read_to)
        return unread if pending is None else min(pending, unread)

    def _now_us(self) -> int:
        return int(self._clock() * MICROSECONDS)
