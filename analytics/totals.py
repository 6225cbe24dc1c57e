"""The totals worker: every receipt of the log counted once, whatever is killed when.

The critical sequence, for each batch of the log:

1. begin a transaction of the ledger;
2. decode each receipt, keep its identity if it is new, and fold it into its business day;
3. write the changed totals and the offset to go on from;
4. commit: identities, totals and offset become durable together, or not at all;
5. acknowledge to the broker, which only lets it send more: the offset is ours;
6. publish `count` and `categories`, absolute, every half second.

Killed before 4, the batch is read again from the old offset and nothing of it was kept.
Killed after 4, the new offset skips it. A receipt that was sent twice is known by its identity.
"""

import threading
from collections import defaultdict
from datetime import date

import structlog
from pika.adapters.blocking_connection import BlockingConnection

from analytics.folds import WHOLE_DAY, Amounts, Totals, fold
from tillstream.identity import identity_of
from analytics.ledger import Ledger
from analytics.stream import LogMessage, LogReader
from tillstream import broker, topology
from tillstream.clock import BusinessDay, Clock
from tillstream.codec import decode_receipt, receipt_bodies
from tillstream.contracts import Receipt
from tillstream.errors import UndecodableMessage
from tillstream.money import CURRENCY, decimal_text
from tillstream.snapshots import CategoriesSnapshot, CategoryTotal, CountSnapshot
from tillstream.timing import SNAPSHOT_SECONDS, Every

log = structlog.get_logger()

#: Days whose totals are held in memory; older ones are read from the ledger when needed.
MAX_DAYS_IN_MEMORY = 40


class TotalsWorker:
    """Folds the log into the ledger. One writer: it owns the ledger's file."""

    def __init__(self, ledger: Ledger, calendar: BusinessDay, clock: Clock) -> None:
        self._ledger = ledger
        self._calendar = calendar
        self._clock = clock
        self._days: dict[date, Totals] = {}
        self._next_offset, self._duplicates, self._conflicts = ledger.progress()

    def run(self, connection: BlockingConnection, stop: threading.Event) -> None:
        """Consume from the ledger's offset until `stop`; raises pika's errors on a loss."""
        channel = connection.channel()
        broker.declare(channel)
        reader = LogReader(connection, "first" if self._next_offset is None else self._next_offset)
        due = Every(SNAPSHOT_SECONDS, self._clock)
        while not stop.is_set():
            if messages := reader.read(due.remaining()):
                self.count(messages)
                reader.done()
            if due.is_due():
                broker.publish_snapshot(channel, topology.COUNT, self.count_snapshot())
                broker.publish_snapshot(channel, topology.CATEGORIES, self.categories_snapshot())

    def count(self, messages: list[LogMessage]) -> None:
        """Steps 1 to 4 for a batch of the log."""
        changed: dict[date, set[tuple[str, str]]] = defaultdict(set)
        try:
            # 1. begin
            self._ledger.begin()
            for message in messages:
                if self._next_offset is not None and message.offset < self._next_offset:
                    continue  # a stream may start before the offset that was asked for
                # 2. decode, identify, fold
                for receipt in _receipts(message):
                    self._count_receipt(receipt, changed)
                self._next_offset = message.offset + 1
            # 3. totals and offset
            for day, entries in changed.items():
                totals = self._days[day]
                self._ledger.write_totals(day, ((entry, totals[entry]) for entry in entries))
            if self._next_offset is not None:
                self._ledger.write_progress(self._next_offset, self._duplicates, self._conflicts)
            # 4. commit
            self._ledger.commit()
        except BaseException:
            self._forget()
            raise
        self._bound_memory()

    def count_snapshot(self) -> CountSnapshot:
        """The present business day's sum and number of receipts."""
        now = self._clock()
        day = self._calendar.on(now)
        amounts = self._totals(day).get(WHOLE_DAY, Amounts())
        return CountSnapshot(
            day=day.isoformat(),
            zone=str(self._calendar.zone),
            currency=CURRENCY,
            sum=decimal_text(amounts.gross_minor),
            sum_minor=amounts.gross_minor,
            count=amounts.receipts,
            as_of=now,
        )

    def categories_snapshot(self) -> CategoriesSnapshot:
        """The present business day's categories, largest revenue first."""
        now = self._clock()
        day = self._calendar.on(now)
        categories = [
            CategoryTotal(
                name=key,
                revenue_minor=amounts.gross_minor,
                revenue=decimal_text(amounts.gross_minor),
                units_milli=amounts.units_milli,
            )
            for (breakdown, key), amounts in self._totals(day).items()
            if breakdown == "category"
        ]
        categories.sort(key=lambda category: (-category.revenue_minor, category.name))
        return CategoriesSnapshot(
            day=day.isoformat(),
            zone=str(self._calendar.zone),
            currency=CURRENCY,
            categories=tuple(categories),
            as_of=now,
        )

    def _count_receipt(self, receipt: Receipt, changed: dict[date, set[tuple[str, str]]]) -> None:
        identity = identity_of(receipt)
        first_content = self._ledger.add_identity(identity)
        if first_content is None:
            day = self._calendar.of(receipt.date)
            changed[day].update(fold(self._totals(day), receipt))
        elif first_content == identity.content:
            self._duplicates += 1
        else:
            self._conflicts += 1
            log.warning(
                "conflict: an identity came again with other content",
                store=receipt.store_id,
                till=receipt.terminal_id,
                number=receipt.cash_receipt_id,
            )

    def _totals(self, day: date) -> Totals:
        if day not in self._days:
            self._days[day] = self._ledger.totals(day)
        return self._days[day]

    def _forget(self) -> None:
        """Back to what the ledger holds."""
        self._ledger.rollback()
        self._days.clear()
        self._next_offset, self._duplicates, self._conflicts = self._ledger.progress()

    def _bound_memory(self) -> None:
        while len(self._days) > MAX_DAYS_IN_MEMORY:
            del self._days[min(self._days)]


def _receipts(message: LogMessage) -> list[Receipt]:
    """The receipts of a message; what does not decode is skipped, loudly.

    The persistence worker keeps the same bytes in the dead letters.
    """
    receipts: list[Receipt] = []
    try:
        for body in receipt_bodies(message.body, message.content_type):
            try:
                receipts.append(decode_receipt(body))
            except UndecodableMessage as error:
                log.error("undecodable receipt", offset=message.offset, reason=error.reason)
    except UndecodableMessage as error:
        log.error("undecodable message", offset=message.offset, reason=error.reason)
    return receipts
