"""`tillstream recount`: the ledger made anew from the log or from the archive."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from analytics.commands.counting_run import count_messages
from analytics.commands.waiting import CATCH_UP_SECONDS, wait_until
from analytics.ledger.continuity import require_continuing
from analytics.ledger.identity_records import keys_beyond
from analytics.ledger.ledger_errors import LedgerUnreadableError
from analytics.ledger.ledger_file import Ledger, Progress
from analytics.ledger.ownership import adopt, require_owners_calendar
from analytics.settings import VerifySettings
from analytics.verify.archive import ArchiveReader, open_archive
from analytics.verify.archived_messages import messages_beyond
from analytics.verify.comparison import kept_days
from analytics.verify.parquet_days import ParquetDays
from analytics.verify.recount import Recount, new_ledger
from tillstream import stores
from tillstream.calendars import described
from tillstream.errors import TillstreamError
from tillstream.log.continuity import LogReplacedError
from tillstream.log.partitioned_log import PartitionedLog, receipts_log
from tillstream.log.positions import in_stream
from tillstream.log.reader import LogTruncatedError
from tillstream.runtime.owned_file import owned, rebuilt_path
from tillstream.stores import StoreTable

#: How long a running totals worker may take to adopt a rebuilt ledger, seconds.
ADOPTION_SECONDS = 30.0
FROM_ARCHIVE = "`tillstream recount --from archive`"


class NotAdoptedError(TillstreamError):
    """The worker that owns the ledger at `path` did not take the rebuilt one in `seconds`."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path = path
        self.seconds = seconds
        super().__init__(
            f"the log was counted, but the totals worker that owns {path} did not adopt the result"
            f" within {seconds:g} s; it will at its next start"
        )


class ArchiveLacksError(TillstreamError):
    """Neither tier of the archive has `receipts` that the ledger at `path` has counted."""

    def __init__(self, path: Path, receipts: int, first_day: int) -> None:
        self.path = path
        self.receipts = receipts
        super().__init__(
            f"MongoDB and the analytic archive lack {receipts} receipts that {path} has counted,"
            f" the first of {date.fromordinal(first_day)}; it was left as it was. `python -m"
            " persistence refill` stores what the log has of them, a backup of the archive may"
            " have the others; to go on without them, end the rooms, remove the ledger, and begin"
            " again"
        )


def recount(
    settings: VerifySettings,
    source: str,
    stop: threading.Event,
    wait_seconds: float = CATCH_UP_SECONDS,
) -> str:
    """Rebuild the ledger from the `log` or the `archive`; a running totals worker adopts it.

    The archive may come that late with what the ledger has counted.

    Returns what was counted, and how fast, in one line.
    """
    started = time.perf_counter()
    path = settings.ledger_path()
    log = receipts_log(settings.amqp_url)
    table = stores.load(settings)
    calendar = described(table)
    require_owners_calendar(path, calendar)
    before = _progress_before(path)
    filed = 0
    with new_ledger(path) as counted:
        if source == "log":
            try:
                count_messages(counted, log.read_shown(stop, log.last_offsets()), table, stop)
            except LogTruncatedError as error:
                raise LogTruncatedError(f"{error}: {FROM_ARCHIVE}") from error
            _require_nothing_lost(path, before, counted, log)
            progress = counted.progress()
        else:
            with open_archive(settings) as archive:
                filed = _count_archive(settings, archive, counted, table, stop)
                _require_all_known(path, counted, archive, stop, wait_seconds)
            # The worker goes on with what the log still has: known identities count once. The
            # archive keeps no duplicates: those that were counted are still known of.
            progress = counted.progress()
            progress = progress._replace(
                log_epoch=max(
                    before.log_epoch, int(any(map(in_stream, log.first_offsets().values())))
                ),
                duplicates=max(before.duplicates, progress.duplicates),
            )
        receipts = counted.receipts
        counted.finish(calendar, progress)
    seconds = time.perf_counter() - started
    with owned(path) as ours:
        if ours:
            adopt(path, calendar)
        elif not wait_until(lambda: not rebuilt_path(path).exists(), ADOPTION_SECONDS, stop):
            raise NotAdoptedError(path, ADOPTION_SECONDS)
    return (
        f"counted {receipts} receipts in {seconds:.2f} s"
        f" ({receipts / seconds:,.0f}/s): {progress.duplicates} duplicates,"
        f" {progress.conflicts} conflicts, {progress.undecodable} undecodable"
        + (f", {progress.set_aside} set aside" if progress.set_aside else "")
        + (f"; {filed} of them from the analytic archive, which keeps no marks" if filed else "")
    )


def _count_archive(
    settings: VerifySettings,
    archive: ArchiveReader,
    counted: Recount,
    table: StoreTable,
    stop: threading.Event,
) -> int:
    """Count everything of both tiers; returns how much of it only the files have.

    1. MongoDB, 2. what it does not have, by a manifest that is read after it: what was dropped
    meanwhile is in a file of that, 3. conflicts, after the receipts that came first.
    """
    count_messages(counted, archive.messages(), table, stop, archive.estimated_receipts())
    before, counter = counted.identities.count, counted.counter
    kept = counter.duplicates, counter.conflicts
    beyond = messages_beyond(ParquetDays(settings.files_url()), counted.identities, table)
    count_messages(counted, beyond, table, stop)
    # A key of two files is no receipt that came twice.
    counter.duplicates, counter.conflicts = kept
    count_messages(counted, archive.conflicts(), table, stop)
    return counted.identities.count - before


def _progress_before(path: Path) -> Progress:
    """How far the ledger came that is to be replaced, as far as it can be read."""
    if path.exists():
        with suppress(LedgerUnreadableError, sqlite3.DatabaseError), Ledger(path) as ledger:
            return ledger.progress()
    return Progress()


def _require_nothing_lost(
    path: Path, before: Progress, counted: Recount, log: PartitionedLog
) -> None:
    """Raise LogReplacedError where a recount from the log lacks what was counted before.

    A log that was rebuilt from the archive is another one, and has everything.
    """
    reason = "the log was replaced, or lost a part, after it was counted"
    if not before.log_epoch:
        try:
            require_continuing(before, log)
        except LogReplacedError as error:
            reason = str(error)
        else:
            return
    with Ledger(path) as ledger:
        gone = sum(len(keys) for _, keys in _lacking(ledger, counted))
    if gone:
        raise LogReplacedError(
            f"{reason}; it lacks {gone} receipts that were counted, which the archive has:"
            f" {FROM_ARCHIVE}"
        )


def _require_all_known(
    path: Path,
    counted: Recount,
    archive: ArchiveReader,
    stop: threading.Event,
    wait_seconds: float,
) -> None:
    """Raise ArchiveLacksError where the archive, both tiers, lacks what the ledger has counted.

    What is stored meanwhile is in the log, from which the worker counts it.
    """
    missing: dict[int, set[bytes]] = {}
    # One that cannot be read is replaced.
    if path.exists():
        with suppress(LedgerUnreadableError, sqlite3.DatabaseError), Ledger(path) as ledger:
            missing = {day: keys for day, keys in _lacking(ledger, counted) if keys}

    def all_stored() -> bool:
        for day in list(missing):
            missing[day].difference_update(each.key for each in archive.receipts_of(day))
            if not missing[day]:
                del missing[day]
        return not missing

    if not wait_until(all_stored, wait_seconds, stop):
        raise ArchiveLacksError(path, sum(map(len, missing.values())), min(missing))


def _lacking(ledger: Ledger, counted: Recount) -> Iterator[tuple[int, set[bytes]]]:
    """By day (ordinal), the identities of a ledger that a recount does not have."""
    for day in kept_days(ledger):
        yield day, keys_beyond(ledger.identities.of_day(day), counted.identities.of_day(day))
