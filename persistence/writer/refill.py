"""Brings into the archive what the log has and it has not.

For receipts that never reached the queue: it was deleted, or its binding was, while the log
went on. What is there already is recognised by its identity, so it may run at any time.
"""

import threading
from collections.abc import Callable, Iterable, Iterator

import structlog

from persistence.writer.archive_writer import ArchiveWriter
from persistence.writer.entries import Entry, read_message
from tillstream.log.partitioned_log import receipts_log
from tillstream.log.reader import StoppedError
from tillstream.stores import StoreTable

_log = structlog.get_logger()

#: Receipts of one write.
BATCH = 2_000


def refill(
    amqp_url: str,
    archive: ArchiveWriter,
    stores: StoreTable,
    stop: threading.Event,
    *,
    whole: bool = True,
    read: Callable[[Iterable[Entry]], None] = lambda _: None,
) -> tuple[int, int]:
    """Receipts that were stored now, and those that were there; raises StoppedError.

    `whole`: the log must have its beginning, or LogTruncatedError is raised. `read` hears of all
    that the log has.
    """
    stored = known = 0
    for entries in _batches(amqp_url, stores, stop, whole=whole):
        read(entries)
        outcome = archive.store(entries, stop)
        if outcome is None:
            raise StoppedError("stopped before the end of the log; run it again")
        stored += len(outcome.stored)
        known += outcome.duplicates + outcome.conflicts
        for index, reason in outcome.refused:
            _log.error("refused by the archive", key=entries[index].key, reason=reason)
    return stored, known


def _batches(
    amqp_url: str, stores: StoreTable, stop: threading.Event, *, whole: bool
) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    log = receipts_log(amqp_url)
    starts = {} if whole else log.first_offsets()
    for messages in log.read_shown(stop, log.last_offsets(), starts):
        for message in messages:
            # What does not decode was dead-lettered on its way; its bytes stay in the log.
            batch += read_message(
                message.body, message.content_type, stores, message.content_encoding
            ).entries
            if len(batch) >= BATCH:
                yield batch
                batch = []
    yield batch
