"""Receipts that the log does not have: of a log that was cut or lost, newer ones, and those that
only the archive has.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import chain

from analytics.commands.counting_run import count_messages
from analytics.ledger.identity_records import keys_beyond
from analytics.ledger.ledger_file import Ledger, Progress
from analytics.settings import VerifySettings
from analytics.verify.archive import ArchiveReader, open_archive
from analytics.verify.archived_alone import Alone, find_alone
from analytics.verify.archived_messages import messages_of
from analytics.verify.comparison import MAX_DIFFERENCES, kept_days
from analytics.verify.parquet_days import ParquetDays
from analytics.verify.recount import Recount, scratch_recount
from tillstream.identity import key_day
from tillstream.log.partitioned_log import PartitionedLog
from tillstream.log.reader import LogMessage
from tillstream.stores import StoreTable

#: Days (ordinals), and identities of each that the log does not have.
Beyond = Iterable[tuple[int, set[bytes]]]


def firsts_beyond(counted: Recount, disputed: Mapping[bytes, bytes], skipped: Set[int]) -> Beyond:
    """Identities of the log whose first content, by the ledger, the log does not have any more."""
    here = counted.identities.known(list(disputed))
    beyond: dict[int, set[bytes]] = {}
    for key, content in here.items():
        if disputed[key] != content and key_day(key) not in skipped:
            beyond.setdefault(key_day(key), set()).add(key)
    return list(beyond.items())


def ledger_beyond(ledger: Ledger, counted: Recount, skipped: Set[int]) -> Beyond:
    """Identities that the ledger has and the log, as far as it was read, has not."""
    for day in sorted({*kept_days(ledger)} - skipped):
        theirs, ours = ledger.identities.of_day(day), counted.identities.of_day(day)
        yield day, keys_beyond(theirs, ours)


def count_beyond(
    settings: VerifySettings,
    counted: Recount,
    beyond: Beyond,
    table: StoreTable,
    stop: threading.Event,
) -> int:
    """Count what is beyond the log as the archive has it; returns how many."""
    before = counted.identities.count
    with open_archive(settings) as archive:
        found = (_stored(settings, archive, day, keys, table) for day, keys in beyond if keys)
        count_messages(counted, chain.from_iterable(found), table, stop)
    return counted.identities.count - before


def _stored(
    settings: VerifySettings, archive: ArchiveReader, day: int, keys: set[bytes], table: StoreTable
) -> Iterator[list[LogMessage]]:
    """Some receipts of a day, from MongoDB, and those that it has dropped from the files."""
    yield from archive.messages_of(day, keys)
    if left := keys.difference(each.key for each in archive.receipts_of(day)):
        yield from messages_of(ParquetDays(settings.files_url()), day, left, table)


def newer_than_read(
    settings: VerifySettings,
    log: PartitionedLog,
    extra: set[bytes],
    read: Progress,
    table: StoreTable,
    stop: threading.Event,
) -> set[bytes]:
    """Those of some identities that the log got after it was read."""
    if not extra or not read.positions():
        return set()
    with scratch_recount(settings.ledger_path().parent) as newer:
        messages = log.read(stop, log.last_offsets(), read.next_offsets())
        count_messages(newer, messages, table, stop)
        return set(newer.identities.known(list(extra)))


def alone_in_archive(settings: VerifySettings, ledger: Ledger, extra: set[bytes]) -> Alone:
    """Those of some identities of the archive, which the log has not, that are in no ledger."""
    if not extra:
        return Alone(0, [], [], {})
    with open_archive(settings) as archive:
        counted = ledger.identities.known(list(extra))
        return find_alone(archive, extra - counted.keys(), MAX_DIFFERENCES)
