"""Counts the whole log, or the archive, from its beginning: exact, fast, in bounded memory.

It writes a ledger of its own, beside the one that the totals worker owns: a scratch file that
`verify` compares, or a new ledger that takes the place of the old one when it is done.
"""

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from analytics.counting.batch_sums import BatchSums
from analytics.counting.columns import Columns
from analytics.counting.isolation import (
    Batch,
    isolate,
    read_batches,
)
from analytics.counting.receipt_counter import FigureFullError, ReceiptCounter
from analytics.ledger.ledger_file import Ledger, Progress
from analytics.ledger.working_state import WorkingState
from analytics.verify.bounded_identities import BoundedIdentities
from tillstream.errors import TillstreamError
from tillstream.identity import DAY_BYTES, key_day
from tillstream.log.log_days import LOG_DAY, OPEN_DAYS, majority_day
from tillstream.log.positions import partition_of
from tillstream.log.reader import LogMessage
from tillstream.runtime.owned_file import owned, rebuilt_path, remove
from tillstream.single_receipts import SingleReceipt, single_receipts
from tillstream.stores import StoreTable


class RecountRunningError(TillstreamError):
    """Another process counts anew for the ledger at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"another recount of {path} is running; begin again when it has ended")


class Recount:
    """Counts into an empty ledger; what it has counted can be read there after `write`."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        ledger.begin()
        self.identities = BoundedIdentities(ledger.identities)
        self._state = WorkingState(ledger, self.identities.add)
        #: The offset of the first message with a receipt of each day (ordinal, that tills wrote),
        #: in each partition.
        self.first_offsets: dict[int, dict[int, int]] = defaultdict(dict)

    @property
    def counter(self) -> ReceiptCounter:
        """What counts, and how often it did not."""
        return self._state.counter

    @property
    def receipts(self) -> int:
        """How many receipts it has read."""
        return self.identities.count + sum(self.progress()[1:5])

    def count(
        self, messages: Sequence[LogMessage], columns: Columns, sums: BatchSums | None = None
    ) -> None:
        """Count messages, given as columns as well.

        Raises FigureFullError before anything is counted: `count_batch` counts what fits.
        """
        self.counter.count(messages, columns, sums)
        self._passed(messages)

    def count_batch(self, batch: Batch, stores: StoreTable) -> int:
        """Count a batch, receipt by receipt where a figure is full: what does not fit is set aside.

        Returns how many receipts it held.
        """
        before = self.receipts
        try:
            self.counter.count(*batch[:4])
        except FigureFullError:
            self._count_singly(batch, stores)
        self._passed(batch.messages)
        self._note_days(batch)
        if self._state.is_large:
            self._state.write()
            self._state.bound_memory()
        return self.receipts - before

    def _count_singly(self, batch: Batch, stores: StoreTable) -> None:
        def attempt(some: list[SingleReceipt]) -> None:
            # One receipt is one batch, which is counted whole or not at all.
            places = [one.place for one in some]
            for batch in read_batches([one.message for one in some], stores, places):
                self.counter.count(*batch[:4])

        for single in single_receipts(batch.messages, batch.places):
            for fault in isolate([single], attempt):
                self.counter.put_aside(fault)

    def _passed(self, messages: Sequence[LogMessage]) -> None:
        # What the archive gives has no offset.
        if messages and messages[-1].offset >= 0:
            self._state.passed(messages)

    def _note_days(self, batch: Batch) -> None:
        numbers = [partition_of(message.offset) for message in batch.messages]
        keys = batch.columns.keys
        if len(set(numbers)) > 1:
            for key, index in zip(keys, batch.columns.messages.tolist(), strict=True):
                offsets = self.first_offsets[key_day(key)]
                offsets.setdefault(numbers[index], batch.messages[index].offset)
            return
        for prefix in {key[:DAY_BYTES] for key in keys}:
            if numbers[0] not in (offsets := self.first_offsets[key_day(prefix)]):
                first = next(index for index, key in enumerate(keys) if key.startswith(prefix))
                offsets[numbers[0]] = batch.messages[batch.columns.messages[first]].offset

    def progress(self) -> Progress:
        """How far it came."""
        return self._state.progress()

    def write(self) -> None:
        """Leave everything that was counted to the ledger; more can be counted after it."""
        self.identities.close()
        self._state.write()

    def finish(self, calendar: str, progress: Progress) -> None:
        """Make the ledger one that a totals worker goes on with."""
        self.ledger.require_calendar(calendar)
        seen = majority_day(self.counter.recent_days)
        if seen:
            self.ledger.write_fact(LOG_DAY, seen)
        self.identities.close(keep_open_from=seen and seen - OPEN_DAYS)
        self._state.write()
        self.ledger.write_progress(progress)
        self.ledger.commit()


@contextmanager
def scratch_recount(folder: Path) -> Iterator[Recount]:
    """A recount whose ledger is gone with it, also when it is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(".scratch", dir=folder)
    os.close(handle)
    path = Path(name)
    try:
        with Ledger(path, journal="OFF") as ledger:
            # Without its name the file lasts as long as it is open.
            path.unlink()
            yield Recount(ledger)
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def new_ledger(path: Path) -> Iterator[Recount]:
    """A recount that leaves a whole new ledger beside the one at `path`, if the block ends well.

    Raises RecountRunningError.
    """
    fresh = path.with_suffix(".recount")
    # One at a time: the first to end would put what the other has half written in the place.
    with owned(path.with_name("recount")) as ours:
        if not ours:
            raise RecountRunningError(path)
        remove(fresh)
        try:
            # Written once, not into a journal first: a commit without waits for the disk as well.
            with Ledger(fresh, journal="OFF") as ledger:
                yield Recount(ledger)
            fresh.replace(rebuilt_path(path))
        finally:
            remove(fresh)
