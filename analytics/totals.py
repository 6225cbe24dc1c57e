"""The totals worker: every receipt of the log counted once, whatever is killed when.

The critical sequence, for each batch of the log:

1. begin a transaction of the ledger;
2. decode each receipt, keep its identity if it is new, and fold it into its business day;
3. write the changed totals and tills, and the offset to go on from;
4. commit: identities, totals, tills and offset become durable together, or not at all;
5. acknowledge to the broker, which only lets it send more: the offset is ours;
6. publish the snapshots, absolute, every half second.

Killed before 4, the batch is read again from the old offset and nothing of it was kept.
Killed after 4, the new offset skips it. A receipt that was sent twice is known by its identity.
"""

import threading
from collections.abc import Callable
from datetime import date

import structlog
from pika.adapters.blocking_connection import BlockingConnection

from analytics import publishing
from analytics.book import Book
from analytics.folds import Totals
from analytics.ledger import Ledger, Progress
from analytics.messages import read_columns
from analytics.ownership import rebuilt_path
from tillstream import broker, topology
from tillstream.clock import Clock
from tillstream.snapshots import CategoriesSnapshot, CountSnapshot
from tillstream.stores import StoreTable
from tillstream.stream import LogMessage, LogReader, LogTruncatedError
from tillstream.timing import DETAILS_SECONDS, SNAPSHOT_SECONDS, Every

log = structlog.get_logger()

#: Days whose totals are held in memory; older ones are read from the ledger when needed.
MAX_DAYS_IN_MEMORY = 40
#: Identities are kept for so many days after they were first seen, by default.
IDENTITY_DAYS = 400
#: After the first message of a batch, how long others are waited for, seconds: a commit and its
#: sums cost the same for one receipt as for a hundred.
GATHER_SECONDS = 0.05


class TotalsWorker:
    """Folds the log into the ledger. One writer: it owns the ledger's file."""

    def __init__(
        self,
        ledger: Ledger,
        stores: StoreTable,
        clock: Clock,
        first_offset: Callable[[], int | None],
        identity_days: int = IDENTITY_DAYS,
    ) -> None:
        """`first_offset` looks up the oldest offset that the log holds."""
        self._first_offset = first_offset
        self._ledger = ledger
        self._stores = stores
        self._clock = clock
        self._identity_days = identity_days
        self._pruned_on: date | None = None
        self._days: dict[date, Totals]
        self._before: Progress
        self._next_offset: int | None
        self._book: Book
        self._load()

    def run(self, connection: BlockingConnection, stop: threading.Event) -> None:
        """Consume from the ledger's offset until `stop`, or until a rebuilt ledger is there.

        Raises pika's errors on a loss, and LogTruncatedError when the log has dropped receipts
        that were not counted yet.
        """
        channel = connection.channel()
        broker.declare(channel)
        if self._next_offset is not None:
            self._require_whole(self._next_offset)
        reader = LogReader(connection, "first" if self._next_offset is None else self._next_offset)
        due = Every(SNAPSHOT_SECONDS, self._clock)
        details_due = Every(DETAILS_SECONDS, self._clock)
        # A rebuilt ledger is adopted by the owner of this one, which starts a worker on it.
        while not (stop.is_set() or rebuilt_path(self._ledger.path).exists()):
            if messages := reader.gather(due.remaining(), GATHER_SECONDS):
                self.count(messages)
                reader.done()
            if due.is_due():
                broker.publish_snapshot(channel, topology.COUNT, self.count_snapshot())
                broker.publish_snapshot(channel, topology.CATEGORIES, self.categories_snapshot())
            if details_due.is_due():
                # While its binding is gone the log gets nothing, and nothing tells.
                channel.queue_bind(topology.RECEIPTS_LOG, topology.RECEIPTS)
                self._publish_details(channel)
                self._forget_old_identities()

    def count(self, messages: list[LogMessage]) -> None:
        """Steps 1 to 4 for a batch of the log."""
        try:
            # 1. begin
            self._ledger.begin()
            # 2. decode, identify, fold
            # A stream may start before the offset that was asked for.
            fresh = [m for m in messages if m.offset >= (self._next_offset or 0)]
            self._book.count(fresh, read_columns(fresh, self._stores))
            if fresh:
                self._next_offset = fresh[-1].offset + 1
            # 3. totals, tills, offset
            self._write()
            # 4. commit
            self._ledger.commit()
        except BaseException:
            # Back to what the ledger holds.
            self._ledger.rollback()
            self._load()
            raise
        self._bound_memory()

    def count_snapshot(self) -> CountSnapshot:
        """The present business day's sum and number of receipts, and how sure they are."""
        return publishing.count_snapshot(
            self._totals, self._stores.default, self._book.tills, self._clock()
        )

    def categories_snapshot(self) -> CategoriesSnapshot:
        """The present business day's categories, largest revenue first."""
        return publishing.categories_snapshot(self._totals, self._stores.default, self._clock())

    def _publish_details(self, channel: broker.BlockingChannel) -> None:
        now = self._clock()
        breakdowns = publishing.breakdowns_snapshot(self._totals, self._stores.default, now)
        progress = self._progress()
        tills = publishing.tills_snapshot(self._book.tills, progress, now)
        broker.publish_snapshot(channel, topology.BREAKDOWNS, breakdowns)
        broker.publish_snapshot(channel, topology.TILLS, tills)

    def _write(self) -> None:
        book = self._book
        for day, entries in book.changed_entries.items():
            totals = self._days[day]
            self._ledger.write_totals(day, ((entry, totals[entry]) for entry in entries))
        self._ledger.write_tills(book.tills[name] for name in book.changed_tills)
        self._ledger.write_progress(self._progress())
        book.changed_entries.clear()
        book.changed_tills.clear()

    def _progress(self) -> Progress:
        book = self._book
        return Progress(
            self._next_offset or 0,
            self._before.duplicates + book.duplicates,
            self._before.conflicts + book.conflicts,
            self._before.undecodable + book.undecodable,
        )

    def _load(self) -> None:
        """Everything as the ledger holds it."""
        self._days = {}
        self._before = self._ledger.progress()
        self._next_offset = self._before.next_offset
        self._book = Book(
            self._ledger.tills(),
            self._totals,
            self._ledger.add_identities,
            self._ledger.add_conflict,
        )

    def _totals(self, day: date) -> Totals:
        if day not in self._days:
            self._days[day] = self._ledger.totals(day)
        return self._days[day]

    def _bound_memory(self) -> None:
        while len(self._days) > MAX_DAYS_IN_MEMORY:
            del self._days[min(self._days)]

    def _forget_old_identities(self) -> None:
        """Once a day, drop identities that are past their time."""
        today = self._stores.default.on(self._clock())
        if self._pruned_on == today:
            return
        self._pruned_on = today
        self._ledger.begin()
        dropped = self._ledger.forget_identities(today.toordinal() - self._identity_days)
        self._ledger.commit()
        if dropped:
            log.info("identities forgotten", count=dropped, older_than_days=self._identity_days)

    def _require_whole(self, next_offset: int) -> None:
        # The broker does not tell: asked for an offset that is gone, it starts at a later one.
        first = self._first_offset()
        if first is not None and first > next_offset:
            raise LogTruncatedError(
                f"the log begins at offset {first} and this ledger goes on from {next_offset}:"
                " what was between is gone from the log; rebuild the ledger from the archive"
                " with `python -m analytics recount --from archive`"
            )
