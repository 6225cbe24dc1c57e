"""What the totals worker tells of the present business day, and how it is published."""

from analytics.ledger.ledger_file import Ledger
from analytics.workers import publishing
from analytics.workers.ledger_writer import LedgerWriter
from analytics.workers.totals_figures import TotalsFigures
from tillstream import topology
from tillstream.clock import Clock
from tillstream.log.positions import last_sum, position_sum
from tillstream.runtime import broker
from tillstream.snapshots import CategoriesSnapshot, CountSnapshot, UncountedReason
from tillstream.store_hours import StoreHours
from tillstream.stores import StoreTable


class TotalsSnapshots:
    """Snapshots of what `writer` has counted, absolute."""

    def __init__(
        self,
        ledger: Ledger,
        stores: StoreTable,
        clock: Clock,
        writer: LedgerWriter,
        figures: TotalsFigures,
    ) -> None:
        self._ledger = ledger
        self._stores = stores
        self._hours = StoreHours(stores)
        self._clock = clock
        self._writer = writer
        self._figures = figures
        #: Why receipts are set aside, of so many.
        self._reasons: tuple[UncountedReason, ...] = ()
        self._explained = 0

    def other_currencies(self) -> list[str]:
        """Those that receipts of the present business day are in, beside the main one."""
        found = self._writer.state.currencies(self._stores.default.on(self._clock()))
        return [each for each in found if each != self._stores.currency]

    def count(self, currency: str | None = None) -> CountSnapshot:
        """The present business day's sum and number of receipts, and how sure they are.

        In the main currency, unless another one is named.
        """
        return publishing.count_snapshot(
            self._writer.state.totals,
            self._stores.default,
            self._writer.state.counter.tills,
            self._clock(),
            currency=currency or self._stores.currency,
            opened=self._hours.opened,
            next_offset=position_sum(self._writer.state.next_offsets()),
            log_offset=last_sum(self._writer.log_offsets),
        )

    def categories(self, currency: str | None = None) -> CategoriesSnapshot:
        """The present business day's categories, largest revenue first; of a currency as above."""
        return publishing.categories_snapshot(
            self._writer.state.totals,
            self._stores.default,
            self._clock(),
            currency or self._stores.currency,
        )

    def publish_count(self, channel: broker.BlockingChannel) -> None:
        """The day's sum and number, of each currency."""
        count = self.count()
        self._figures.day(count.count, count.sum_minor)
        broker.publish_snapshot(channel, topology.COUNT, count)
        for currency in self.other_currencies():
            broker.publish_snapshot(channel, topology.COUNT, self.count(currency))

    def publish_categories(self, channel: broker.BlockingChannel) -> None:
        """The day's categories, of each currency."""
        categories = self.categories()
        self._figures.categories(categories)
        broker.publish_snapshot(channel, topology.CATEGORIES, categories)
        for currency in self.other_currencies():
            broker.publish_snapshot(channel, topology.CATEGORIES, self.categories(currency))

    def publish_details(self, channel: broker.BlockingChannel) -> None:
        """Every other breakdown of the day, and what is heard of the tills."""
        now = self._clock()
        known = publishing.known_stores(self._stores, self._writer.state.counter.tills, now)
        others, totals = self.other_currencies(), self._writer.state.totals
        # A store sells in its own currency: no other one is at zero for that.
        elsewhere = publishing.selling_in(totals, self._stores.default.on(now), others)
        breakdowns = publishing.breakdowns_snapshot(
            totals,
            self._stores.default,
            now,
            known - elsewhere,
            self._hours.may_sell_nothing,
            self._stores.currency,
        )
        progress = self._writer.state.progress()
        if progress.set_aside != self._explained:
            self._explained = progress.set_aside
            self._reasons = self._ledger.set_aside_reasons()
        tills = publishing.tills_snapshot(
            self._writer.state.counter.tills, progress, now, self._reasons, self._hours.opened
        )
        broker.publish_snapshot(channel, topology.BREAKDOWNS, breakdowns)
        for currency in others:
            other = publishing.breakdowns_snapshot(
                totals, self._stores.default, now, currency=currency
            )
            broker.publish_snapshot(channel, topology.BREAKDOWNS, other)
        broker.publish_snapshot(channel, topology.TILLS, tills)
