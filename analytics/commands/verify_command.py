"""`tillstream verify`: the door, the log, the ledger and the archive at a common point."""

import sqlite3
import threading
from collections.abc import Iterator, Set
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from analytics.commands.archive_reading import read_archive
from analytics.commands.beyond_log import (
    alone_in_archive,
    count_beyond,
    firsts_beyond,
    ledger_beyond,
    newer_than_read,
)
from analytics.commands.counting_run import count_messages
from analytics.commands.proved_before import keep_proofs, proved_before
from analytics.commands.waiting import CATCH_UP_SECONDS, wait_until
from analytics.ledger.continuity import require_continuing
from analytics.ledger.ledger_file import Ledger, Progress
from analytics.settings import AnalyticsSettings, VerifySettings
from analytics.verify.archive import open_archive
from analytics.verify.archive_comparison import ArchiveComparison, added
from analytics.verify.comparison import (
    MAX_DIFFERENCES,
    Report,
    compare_archive,
    compare_door,
    compare_ledger,
    days_of,
    dropped_days,
)
from analytics.verify.day_proofs import ProvedDays, beyond_retention
from analytics.verify.not_counted import NotCounted, heard_with_aside, keys_aside, not_counted
from analytics.verify.parquet_days import ParquetDays
from analytics.verify.recount import Recount, scratch_recount
from analytics.verify.side_by_side import Row, rows
from analytics.verify.written_figures import WrittenFigures, compare_written
from tillstream import accepted_count, stores
from tillstream.calendars import described
from tillstream.log.continuity import LogReplacedError
from tillstream.log.partitioned_log import PartitionedLog, receipts_log
from tillstream.log.positions import Offsets, in_stream, newest, reached, told
from tillstream.verify_report import Disagreement


def verify(
    settings: VerifySettings,
    stop: threading.Event,
    *,
    by_store: bool = False,
    proved: bool = True,
    wait_seconds: float = CATCH_UP_SECONDS,
) -> tuple[Report, list[Row]]:
    """Compare the door, the log, the ledger and the archive at a common point.

    Days that an earlier run has proved, and that are as they were then, are not compared again,
    unless `proved` is False.

    For the ledger, and then for the archive, it waits `wait_seconds` at most.
    Returns what was found, and their sums side by side, by day or by store.
    """
    table, path = stores.load(settings), settings.ledger_path()
    log = receipts_log(settings.amqp_url)
    with ExitStack() as opened:
        with Ledger(path) as ledger:
            ledger.require_calendar(described(table))
            known = proved_before(settings, log) if proved else ProvedDays()
            kept_since = ParquetDays(settings.files_url()).kept_since
            removed = frozenset(beyond_retention(days_of(ledger), kept_since))
            skipped = known.unchanged(ledger) - removed
            left_out = removed | skipped
            # Receipts of tills' days beside a business day that is compared may be of it.
            unread = removed | known.unread(left_out)
        door_before = accepted_count.read(accepted_count.folder_of(settings.data_dir))
        # 1. The log, which says what must be counted and stored: from the first receipt of a day
        # that is not proved; of a log whose beginning is gone, what is left.
        log_begin = log.first_offsets()
        begin = newest(log_begin, known.read_from(left_out).values())
        counted = opened.enter_context(_empty_recount(path))
        count_messages(counted, log.read_shown(stop, log.last_offsets(), begin), table, stop)
        # 2. The ledger, as soon as it has come as far, and the log on to where it is then.
        common = counted.progress().next_offsets()
        wait_until(lambda: reached(_ledger_offsets(settings), common), wait_seconds, stop)
        ledger = opened.enter_context(Ledger(path, create=False))
        ledger.begin_reading()
        progress = ledger.progress()
        _require_counted(progress, log)
        until = progress.last_offsets()
        count_messages(counted, log.read_shown(stop, until, {**begin, **common}), table, stop)
        accepted = counted.receipts
        beyond = 0
        if any(map(in_stream, log_begin.values())) or progress.log_epoch:
            # What the ledger has beyond a log that is not whole must be in the archive. Where only
            # a conflict of it is left in the log, it has to count before that.
            if first := firsts_beyond(counted, ledger.disputed(), unread):
                end = counted.progress().last_offsets()
                counted = opened.enter_context(_empty_recount(path))
                beyond = count_beyond(settings, counted, first, table, stop)
                count_messages(counted, log.read_shown(stop, end, begin), table, stop)
                accepted = counted.receipts - beyond
            wanted = ledger_beyond(ledger, counted, unread)
            beyond += count_beyond(settings, counted, wanted, table, stop)
        counted.write()
        compared = compare_ledger(counted, ledger, left_out)
        ledger_differences = compared.differences
        if not reached(progress.next_offsets(), common):
            wanted_and_found = told(common), told(progress.next_offsets())
            behind = Disagreement("ledger: behind the log", "", "", *wanted_and_found)
            ledger_differences.append(behind)
        # 3. What the door accepted before the log was read is in it.
        door_after = accepted_count.read(accepted_count.folder_of(settings.data_dir))
        heard = heard_with_aside(counted, table)
        counter = counted.counter
        lost_duplicates = max(0, progress.duplicates - counter.duplicates) if beyond else 0
        unanswered, differences = compare_door(
            door_before, heard, door_after, lost_duplicates, left_out
        )
        # 4. The archive, which may be a little behind the log, and ahead of where we read it.
        stored = ArchiveComparison(counted, dropped_days(ledger), unread)
        changed = read_archive(settings, stored, known, skipped, stop, wait_seconds)
        archive_differences = [*changed, *compare_archive(counted, stored, left_out)]
        written = _compare_written(settings, ledger, left_out, stop, wait_seconds)
        extra = stored.extra - keys_aside(counted)
        extra -= newer_than_read(settings, log, extra, counted.progress(), table, stop)
        alone = alone_in_archive(settings, ledger, extra)
        # What was read beside them of days that are not compared is in no count.
        accepted -= sum(len(counted.identities.of_day(day)) for day in left_out)
        proved_receipts = sum(known.proofs[day].identities for day in skipped)
        aside = not_counted(counted, ledger)
        report = Report(
            accepted=accepted + proved_receipts,
            stored=stored.stored(left_out) + proved_receipts,
            counted=compared.counted + proved_receipts,
            duplicates=counter.duplicates,
            conflicts=counter.conflicts,
            dead_lettered=counter.undecodable,
            lost=max(compared.lost, sum(stored.missing.values())),
            double_counted=max(compared.double, len(extra) - alone.receipts),
            unanswered=unanswered,
            differences=[
                *differences,
                *ledger_differences,
                *archive_differences,
                *written.differences,
            ][:MAX_DIFFERENCES],
            set_aside=sum(not one.undecodable for one in aside),
            aside=[
                NotCounted(one.offset, one.place, one.key, one.reason, one.undecodable)
                for one in aside[:MAX_DIFFERENCES]
            ],
            beyond_log=beyond,
            archived_alone=alone.receipts,
            alone=alone.named,
            alone_days=alone.days,
            proved_days=len(skipped),
            proved_receipts=proved_receipts,
            removed_days=len(removed),
            figures_behind=written.behind,
        )
        if report.holds():
            keep_proofs(settings, known, counted, ledger, left_out)
        archived = added(stored.by_store(), alone.by_store)
        sums = rows(counted.ledger, ledger, archived, left_out, by_store=by_store)
        return report, sums


@contextmanager
def _empty_recount(path: Path) -> Iterator[Recount]:
    with scratch_recount(path.parent) as counted:
        counted.counter.heard = {}
        yield counted


def _ledger_offsets(settings: AnalyticsSettings) -> Offsets:
    # Where there is none for a moment, it is asked again.
    with suppress(sqlite3.OperationalError), Ledger(settings.ledger_path(), create=False) as ledger:
        return ledger.progress().next_offsets()
    return {}


def _compare_written(
    settings: VerifySettings,
    ledger: Ledger,
    left_out: Set[int],
    stop: threading.Event,
    wait_seconds: float,
) -> WrittenFigures:
    days = [day for day in ledger.days() if day.ordinal() not in left_out]
    waits = partial(wait_until, stop=stop)
    with open_archive(settings) as archive:
        return compare_written(settings.ledger_path(), archive.database, days, waits, wait_seconds)


def _require_counted(progress: Progress, log: PartitionedLog) -> None:
    """Raise LogReplacedError where the ledger has counted another log, and not yet this one."""
    try:
        require_continuing(progress, log)
    except LogReplacedError as error:
        raise LogReplacedError(
            f"{error}; the totals worker goes on from the log's first message: start it, or"
            " `tillstream recount --from archive`, then verify again"
        ) from error
