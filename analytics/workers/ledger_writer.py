"""Commits parts of the log into the ledger: steps 1 to 4 of the totals worker."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analytics.counting import isolation
from analytics.ledger.ledger_file import Ledger
from analytics.ledger.working_state import WorkingState
from analytics.workers.log_parts import LogPart, traced
from analytics.workers.totals_figures import TotalsFigures
from tillstream.clock import Clock
from tillstream.log.positions import Offsets, last_sum, newest, partition_of, position_sum
from tillstream.log.reader import LogMessage
from tillstream.runtime.periodic import Every
from tillstream.runtime.tracing.start import working
from tillstream.single_receipts import SingleReceipt, single_receipts
from tillstream.stores import StoreTable

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import Tracer

#: The bodies of the kept figures are written so often; the journal has what was added since.
FIGURES_SECONDS = 1.0


class LedgerWriter:
    """Folds parts of the log into the ledger, each of them whole in one transaction."""

    def __init__(
        self,
        ledger: Ledger,
        stores: StoreTable,
        clock: Clock,
        figures: TotalsFigures,
        tracer: "Tracer | None" = None,
    ) -> None:
        self._tracer = tracer
        self._figures = figures
        self._ledger = ledger
        self._stores = stores
        self.state = WorkingState(ledger, journal=ledger.figures_journal)
        #: The newest offset of each partition of the log that is known of.
        self.log_offsets: Offsets = {}
        self._figures_due = Every(FIGURES_SECONDS, clock)

    def count(self, parts: Sequence[LogPart]) -> None:
        """Steps 1 to 4 for parts of the log that follow each other, in one transaction."""
        with working(self._tracer, "count", traced(map(self._fresh, parts))):
            self._commit(parts)

    def _commit(self, parts: Sequence[LogPart]) -> None:
        state = self.state
        try:
            # 1. begin
            self._ledger.begin()
            self._figures.begun()
            # 2. decode, identify, fold
            # A stream may start before the offset that was asked for.
            fresh = [part for each in parts if (part := self._fresh(each))]
            try:
                for part in fresh:
                    for batch in part.batches(self._stores):
                        self._count(batch)
                self._passed(fresh)
                # 3. totals, tills, figures, offset
                if self._figures_due.is_due():
                    state.write()
                else:
                    state.note()
            except Exception as error:  # noqa: BLE001 - whatever a receipt raises is of it
                isolation.require_receipts_fault(error)
                self._ledger.rollback()
                state.load()
                self._ledger.begin()
                self._figures.begun()
                for part in fresh:
                    self._count_isolated(part.messages())
                self._passed(fresh)
                state.write()
            # 4. commit
            self._ledger.commit()
            self._figures.committed(position_sum(state.next_offsets()), last_sum(self.log_offsets))
        except BaseException:
            # Back to what the ledger holds.
            self._ledger.rollback()
            state.load()
            raise
        state.bound_memory()

    def write_waiting_figures(self) -> None:
        """Write the bodies of the kept figures once they are due, where nothing is counted."""
        if self.state.figures_wait and self._figures_due.is_due():
            self.write_figures()

    def write_figures(self) -> None:
        """The bodies of the kept figures that wait for it, in a transaction of their own."""
        if not self.state.figures_wait:
            return
        try:
            self._ledger.begin()
            self.state.write()
            self._ledger.commit()
        except BaseException:
            self._ledger.rollback()
            self.state.load()
            raise

    def _count(self, batch: isolation.Batch) -> None:
        self.state.counter.count(*batch[:4])
        self._figures.read(batch.columns.received)

    def _fresh(self, part: LogPart) -> LogPart | None:
        offset, _ = part.last
        return part.following(self.state.next_offsets().get(partition_of(offset), 0))

    def _passed(self, parts: Sequence[LogPart]) -> None:
        for part in parts:
            offset, digest = part.last
            self.state.passed_to(offset, digest)
            self.log_offsets = newest(self.log_offsets, [offset])

    def _count_isolated(self, messages: Sequence[LogMessage]) -> None:
        """Steps 2 and 3 where something raised: what cannot be counted alone is set aside."""

        def attempt(some: list[SingleReceipt]) -> None:
            alone, places = [one.message for one in some], [one.place for one in some]
            try:
                with self._ledger.all_or_nothing():
                    for batch in isolation.read_batches(alone, self._stores, places):
                        self._count(batch)
                    self.state.write()
            except Exception:
                self.state.load()
                raise

        for fault in isolation.isolate(single_receipts(messages), attempt):
            self.state.counter.put_aside(fault)
            self.state.write()
