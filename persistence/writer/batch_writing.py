"""Writes a batch to MongoDB in a thread, and counts what became of it."""

import threading
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, NamedTuple

from persistence.writer.archive_writer import ArchiveWriter, Outcome
from persistence.writer.batch import Batch
from persistence.writer.delays import Delays
from persistence.writer.entries import Encoded
from tillstream.runtime.tracing.start import working

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import Tracer


class Writing(NamedTuple):
    """A batch that is being written; the outcome is None where the write was given up."""

    batch: Batch
    outcome: Future[Outcome | None]


class BatchWriting:
    """Starts writes, of which one runs at a time."""

    def __init__(
        self,
        executor: Executor,
        archive: ArchiveWriter,
        delays: Delays,
        tracer: "Tracer | None" = None,
    ) -> None:
        """`executor` has one thread, so that batches are written in their order."""
        self._executor = executor
        self._archive = archive
        self._delays = delays
        self._tracer = tracer

    def begin(self, batch: Batch, ready: Encoded, give_up: threading.Event) -> Writing:
        """Write the batch, of which `ready` is what MongoDB gets."""
        return Writing(batch, self._executor.submit(self._write, batch, ready, give_up))

    def _write(self, batch: Batch, ready: Encoded, give_up: threading.Event) -> Outcome | None:
        # The queue gives the oldest first.
        self._delays.writing(batch.entries[0].received if batch.entries else None)
        try:
            with working(self._tracer, "store", batch.traced):
                outcome = self._archive.store(batch.entries, give_up, ready)
        finally:
            self._delays.writing(None)
        if outcome is not None:
            # Counted here, they hold also when the ack is lost.
            self._delays.add_stored([(each.sold, each.received) for each in outcome.stored])
            self._delays.add_others(duplicates=outcome.duplicates, conflicts=outcome.conflicts)
        return outcome
