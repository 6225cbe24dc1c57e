"""The totals worker: every receipt of the log counted once, whatever is killed when.

The critical sequence, for each batch of the log:

1. begin a transaction of the ledger;
2. decode each receipt, keep its identity if it is new, and fold it into its business day;
3. write the changed totals and tills, what the figures of stores' days gain, and the next offset;
4. commit: all of it becomes durable together, or not at all (1 to 4: `LedgerWriter`);
5. acknowledge to the broker, which only lets it send more: the offset is ours;
6. publish the snapshots, whole figures: `count` soon after a change, the others at their times.

Killed before 4, the batch is read again from the old offset and nothing of it was kept.
Killed after 4, the new offset skips it. A receipt that was sent twice is known by its identity, for
as long as that is kept; one that comes later is set aside.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from pika.adapters.blocking_connection import BlockingConnection

from analytics.ledger.identity_expiry import IDENTITY_DAYS, IdentityExpiry
from analytics.ledger.ledger_file import Ledger
from analytics.workers.ledger_writer import LedgerWriter
from analytics.workers.log_parts import FollowedLog, LogPart, LogSource, by_partition
from analytics.workers.log_start import find_start
from analytics.workers.pace import SnapshotPace
from analytics.workers.totals_figures import TotalsFigures
from analytics.workers.totals_snapshots import TotalsSnapshots
from tillstream import topology
from tillstream.calendars import described
from tillstream.clock import Clock
from tillstream.log.continuity import LogEnds
from tillstream.log.partitioned_log import PartitionedLog, opened
from tillstream.log.partitions_reader import PartitionsReader
from tillstream.log.positions import Offsets
from tillstream.log.reader import LogMessage
from tillstream.runtime import broker
from tillstream.runtime.owned_file import rebuilt_path
from tillstream.runtime.periodic import DETAILS_SECONDS, Every
from tillstream.runtime.watching.watched import Watched
from tillstream.stores import StoreTable

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import Tracer

#: Opens the log, where its positions say; a partition without one from its first message.
OpenSource = Callable[
    [BlockingConnection, PartitionedLog, Callable[[], Offsets], threading.Event], LogSource
]


def follow_log(
    connection: BlockingConnection,
    log: PartitionedLog,
    positions: Callable[[], Offsets],
    stop: threading.Event,
) -> LogSource:
    """The log, read and decoded by this process."""
    return FollowedLog(PartitionsReader(connection, log, positions, stop))


class TotalsWorker:
    """Folds the log into the ledger. One writer: it owns the ledger's file."""

    def __init__(
        self,
        ledger: Ledger,
        stores: StoreTable,
        clock: Clock,
        looked_up: LogEnds,
        identity_days: int = IDENTITY_DAYS,
        figures: TotalsFigures | None = None,
        open_source: OpenSource = follow_log,
        tracer: "Tracer | None" = None,
    ) -> None:
        """`looked_up` says where the log begins and ends and what it has at an offset,
        `open_source` how it is read.

        Raises OtherCalendarError for a ledger of another calendar.
        """
        ledger.require_calendar(described(stores))
        self._looked_up = looked_up
        self._figures = figures or TotalsFigures(Watched("totals"), clock)
        self._open_source = open_source
        self._ledger = ledger
        self._clock = clock
        self._expiry = IdentityExpiry(ledger, clock, identity_days)
        self._writer = LedgerWriter(ledger, stores, clock, self._figures, tracer)
        self._state = self._writer.state
        self._figures.follow(ledger.path, self._state.progress)
        self.snapshots = TotalsSnapshots(ledger, stores, clock, self._writer, self._figures)

    def run(self, connection: BlockingConnection, stop: threading.Event) -> None:
        """Consume from the ledger's offset until `stop`, or until a rebuilt ledger is there.

        Raises pika's errors on a loss, and LogTruncatedError when the log has dropped receipts
        that were not counted yet.
        """
        try:
            self._consume(connection, stop)
        finally:
            # Who reads the figures of stores' days shall not wait until it runs again.
            self.write_figures()

    def _consume(self, connection: BlockingConnection, stop: threading.Event) -> None:
        channel = connection.channel()
        broker.declare(channel)
        log = opened(self._looked_up)
        self._writer.log_offsets = find_start(self._ledger, self._state, log)
        positions = self._state.next_offsets
        with closing(self._open_source(connection, log, positions, stop)) as source:
            self._follow(channel, source, log.bound, stop)

    def _follow(
        self,
        channel: broker.BlockingChannel,
        source: LogSource,
        bound: int | None,
        stop: threading.Event,
    ) -> None:
        pace = SnapshotPace(self._clock)
        details_due = Every(DETAILS_SECONDS, self._clock)
        # A rebuilt ledger is adopted by the owner of this one, which starts a worker on it.
        while not (stop.is_set() or rebuilt_path(self._ledger.path).exists()):
            self._figures.vitals.turn()
            if parts := source.gather(pace.remaining(), pace.gather_seconds):
                pace.changed()
            # Asked before the counting, whose time is a part of the next pace.
            due = pace.due()
            if parts:
                self.count_parts(parts)
                # 5. acknowledge
                source.done()
            else:
                self._figures.idle()
                self._writer.write_waiting_figures()
            # 6. publish
            if topology.COUNT in due:
                self.snapshots.publish_count(channel)
            if topology.CATEGORIES in due:
                self.snapshots.publish_categories(channel)
            if details_due.is_due():
                # Without its binding the broker would drop what the log is to get, and say nothing.
                broker.bind_log(channel, bound)
                self.snapshots.publish_details(channel)
                self._expiry.run(self._state.counter.recent_days)

    def count(self, messages: list[LogMessage]) -> None:
        """Steps 1 to 4 for messages of the log."""
        self.count_parts(by_partition(messages))

    def count_parts(self, parts: Sequence[LogPart]) -> None:
        """Steps 1 to 4 for parts of the log."""
        self._writer.count(parts)

    def write_figures(self) -> None:
        """The bodies of the kept figures that wait for it, in a transaction of their own."""
        self._writer.write_figures()
