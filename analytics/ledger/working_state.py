"""The ledger as the totals worker holds it in memory, and how it is written back."""

from collections.abc import Sequence
from datetime import date

from analytics.counting.folds import Totals
from analytics.counting.isolation import SetAside
from analytics.counting.receipt_counter import AddIdentities, ReceiptCounter
from analytics.ledger.figures_journal import FiguresJournal
from analytics.ledger.kept_figures import KeptFigures
from analytics.ledger.ledger_file import Ledger, Position, Progress
from tillstream.currency_day import CurrencyDay
from tillstream.log.positions import Offsets, partition_of
from tillstream.log.reader import LogMessage, message_digest

#: Days whose totals are held in memory; older ones are read from the ledger when needed.
MAX_DAYS_IN_MEMORY = 40


class WorkingState:
    """Totals, tills and progress since the last commit; `load` goes back to that."""

    def __init__(
        self,
        ledger: Ledger,
        add_identities: AddIdentities | None = None,
        journal: FiguresJournal | None = None,
    ) -> None:
        """`add_identities`, where it is not the ledger that keeps them at once.

        `journal`: where `note` leaves what was added to the kept figures.
        """
        self._ledger = ledger
        self._journal = journal
        self._add_identities = add_identities or ledger.identities.add
        #: Up to these offsets, by partition, the log is read a second time.
        self.read_again_until: Offsets = {}
        self._days: dict[CurrencyDay, Totals]
        #: Those of the day that was asked for last.
        self._currencies: dict[date, set[str]]
        #: What was counted before this process.
        self._before: Progress
        #: Of each partition of the log, how far it was counted.
        self.positions: dict[int, Position]
        self._figures: KeptFigures
        self.counter: ReceiptCounter
        self.load()

    def load(self) -> None:
        """Everything as the ledger holds it."""
        self._days = {}
        self._currencies = {}
        self._before = self._ledger.progress()
        self.positions = self._before.positions()
        self._figures = KeptFigures(self._ledger.store_days, self._journal)
        self.counter = ReceiptCounter(
            self._ledger.tills(),
            self.totals,
            self._figures,
            self._add_identities,
            self._add_conflict,
            self._add_aside,
        )
        self.counter.again = self._reads_again

    def passed(self, messages: Sequence[LogMessage]) -> None:
        """Go on after these messages, which are in the order of each partition."""
        if messages:
            for message in {partition_of(one.offset): one for one in messages}.values():
                self.passed_to(message.offset, message_digest(message))

    def passed_to(self, offset: int, digest: bytes) -> None:
        """Go on after the message at an offset; `digest` is its message_digest."""
        self.positions[partition_of(offset)] = Position(offset + 1, digest)
        self.counter.again = self._reads_again

    def next_offsets(self) -> dict[int, int]:
        """Where to go on in each partition of which something was counted."""
        return {number: one.next_offset for number, one in self.positions.items()}

    def note(self) -> None:
        """As `write`, but the bodies of the kept figures wait for the next `write`."""
        self._write()
        self._figures.note()

    def write(self) -> None:
        """What has changed since the last call, in the ledger's transaction."""
        self._write()
        self._figures.write()

    @property
    def figures_wait(self) -> bool:
        """Whether bodies of the kept figures are not written yet."""
        return self._figures.waits

    def _write(self) -> None:
        counter = self.counter
        for day, entries in counter.changed_entries.items():
            totals = self._days[day]
            self._ledger.write_totals(day, ((entry, totals[entry]) for entry in entries))
        self._ledger.write_tills(counter.tills[name] for name in counter.changed_tills)
        self._ledger.write_progress(self.progress())
        counter.changed_entries.clear()
        counter.changed_tills.clear()

    def begin_anew(self) -> None:
        """Count the log from its first message again, as another one; in one transaction."""
        before = self._ledger.progress()
        self._ledger.begin()
        self._ledger.write_progress(
            before.with_positions({})._replace(log_epoch=before.log_epoch + 1)
        )
        self._ledger.commit()
        self.load()

    def progress(self) -> Progress:
        """How far the log was counted."""
        before, counter = self._before, self.counter
        return Progress(
            duplicates=before.duplicates + counter.duplicates,
            conflicts=before.conflicts + counter.conflicts,
            undecodable=before.undecodable + counter.undecodable,
            set_aside=before.set_aside + counter.set_aside,
            log_epoch=before.log_epoch,
        ).with_positions(self.positions)

    def totals(self, day: CurrencyDay) -> Totals:
        """Totals of a day so far; whoever adds to them does it in place."""
        if day not in self._days:
            self._days[day] = self._ledger.totals(day)
        return self._days[day]

    def currencies(self, day: date) -> list[str]:
        """The currencies that receipts of a business day are in."""
        if day not in self._currencies:
            self._currencies = {day: set(self._ledger.currencies(day))}
        self._currencies[day].update(
            each.currency for each, totals in self._days.items() if each.day == day and totals
        )
        return sorted(self._currencies[day])

    def bound_memory(self) -> None:
        """Leave the oldest days, and stores not heard of lately, to the ledger; after `write`."""
        while len(self._days) > MAX_DAYS_IN_MEMORY:
            del self._days[min(self._days)]
        self._figures.bound_memory()

    @property
    def is_large(self) -> bool:
        """Whether more days, or figures of stores, are in memory than need be."""
        return len(self._days) > MAX_DAYS_IN_MEMORY or self._figures.is_large

    @property
    def _reads_again(self) -> bool:
        return any(
            number not in self.positions or self.positions[number].next_offset <= until
            for number, until in self.read_again_until.items()
        )

    def _add_conflict(self, offset: int, key: bytes, receipt: bytes) -> bool:
        if self._reads_again and self._ledger.is_kept("conflicts", receipt):
            return False
        self._ledger.add_conflict(offset, key, receipt)
        return True

    def _add_aside(self, one: SetAside) -> bool:
        if self._reads_again and self._ledger.is_kept("aside", one.receipt):
            return False
        self._ledger.add_aside(one)
        return True
