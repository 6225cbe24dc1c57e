"""`python -m analytics verify`: the door, the log, the ledger and the archive at a common point."""

import threading
from collections.abc import Mapping, Set

import msgspec

from analytics.commands.counting_run import count_messages
from analytics.commands.waiting import CATCH_UP_SECONDS, wait_until
from analytics.ledger.calendars import described
from analytics.ledger.continuity import Log, LogReplacedError, require_continuing
from analytics.ledger.ledger_file import Ledger, Progress
from analytics.settings import AnalyticsSettings, VerifySettings
from analytics.verify.archive import open_archive
from analytics.verify.comparison import (
    MAX_DIFFERENCES,
    ArchiveComparison,
    LedgerState,
    NotCounted,
    Report,
    compare_archive,
    compare_door,
    compare_ledger,
    heard_with_aside,
    keys_aside,
    read_archive,
)
from analytics.verify.recount import Recount
from analytics.verify.side_by_side import Row, as_text, rows
from tillstream import accepted_count, stores
from tillstream.log.reader import first_offset, last_offset
from tillstream.log.whole_log import read_log
from tillstream.stores import StoreTable
from tillstream.verify_report import Disagreement


def verify(
    settings: VerifySettings,
    stop: threading.Event,
    *,
    by_store: bool = False,
    wait_seconds: float = CATCH_UP_SECONDS,
) -> tuple[Report, list[Row]]:
    """Compare the door, the log, the ledger and the archive at a common point.

    For the ledger, and then for the archive, it waits `wait_seconds` at most.
    Returns what was found, and their sums side by side, by day or by store.
    """
    url, table = settings.amqp_url, stores.load(settings)
    with Ledger(settings.ledger_path()) as ledger:
        ledger.require_calendar(described(table))
    door_before = accepted_count.read(accepted_count.folder_of(settings.data_dir))
    # 1. The whole log, which says what must be counted and stored; of one whose beginning is gone,
    # what is left.
    begin = first_offset(url) or 0
    counted = _empty_recount()
    count_messages(counted, read_log(url, stop, last_offset(url), begin), table, stop)
    # 2. The ledger, as soon as it has come as far, and the log on to where it is then.
    common = counted.next_offset or 0
    wait_until(lambda: _ledger_offset(settings) >= common, wait_seconds, stop)
    with Ledger(settings.ledger_path()) as ledger:
        ledger.begin_reading()
        progress = ledger.progress()
        state = LedgerState(
            {day: ledger.totals(day) for day in ledger.days()}, set(ledger.identity_keys())
        )
        disputed = ledger.disputed()
        ledger.rollback()
    _require_counted(progress, url)
    reached = progress.next_offset or 0
    if reached > common:
        count_messages(counted, read_log(url, stop, reached - 1, common), table, stop)
    accepted = counted.receipts
    beyond = 0
    if begin or progress.log_epoch:
        # What the ledger has beyond a log that is not whole must be in the archive. Where only a
        # conflict of it is left in the log, it has to count before that.
        first = _firsts_beyond(counted, disputed)
        if first:
            end = counted.next_offset or 0
            counted = _empty_recount()
            beyond = _count_beyond(settings, counted, first, table, stop)
            count_messages(counted, read_log(url, stop, end - 1, begin), table, stop)
            accepted = counted.receipts - beyond
        beyond += _count_beyond(settings, counted, state.keys, table, stop)
    ledger_lost, ledger_double, ledger_differences = compare_ledger(counted, state)
    if reached < common:
        behind = Disagreement("ledger: behind the log", "", "", str(common), str(reached))
        ledger_differences.append(behind)
    # 3. What the door accepted before the log was read is in it.
    door_after = accepted_count.read(accepted_count.folder_of(settings.data_dir))
    heard = heard_with_aside(counted, table)
    lost_duplicates = max(0, progress.duplicates - counted.counter.duplicates) if beyond else 0
    unanswered, differences = compare_door(door_before, heard, door_after, lost_duplicates)
    # 4. The archive, which may be a little behind the log, and ahead of where we read it.
    stored = _settled_archive(settings, counted, stop, wait_seconds)
    archive_differences = compare_archive(counted, stored)
    extra = stored.extra - _newer(settings, counted, table, stop) - keys_aside(counted)
    counter = counted.counter
    report = Report(
        accepted=accepted,
        stored=stored.stored,
        counted=len(state.keys & counted.identities.keys()),
        duplicates=counter.duplicates,
        conflicts=counter.conflicts,
        dead_lettered=counter.undecodable,
        lost=max(ledger_lost, len(stored.missing)),
        double_counted=ledger_double + len(extra),
        unanswered=unanswered,
        differences=(differences + ledger_differences + archive_differences)[:MAX_DIFFERENCES],
        set_aside=counter.set_aside,
        aside=[
            NotCounted(one.offset, one.place, one.key, one.reason, one.undecodable)
            for one in counted.aside[:MAX_DIFFERENCES]
        ],
        beyond_log=beyond,
    )
    return report, rows(counted, state, stored, by_store=by_store)


def print_report(report: Report, sums: list[Row], *, as_json: bool) -> None:
    """The report for programs; for people the sums, the differences, and one line."""
    if as_json:
        told = msgspec.to_builtins(report) | {"sums": sums}
        print(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    print(as_text(sums))
    if report.differences:
        print(f"{'day':<11}{'store':<10}{'what':<32}{'expected':<44}found")
    for each in report.differences:
        print(f"{each.day:<11}{each.store:<10}{each.what:<32}{each.expected:<44}{each.found}")
    for one in report.aside:
        print(one.line())
    if report.beyond_log:
        print(
            f"beyond the log {report.beyond_log}: of a log that was lost; the ledger and the"
            " archive have these receipts"
        )
    if report.unanswered:
        print(f"unanswered {report.unanswered}: a door was killed between confirm and answer")
    print(report.line())


def _empty_recount() -> Recount:
    counted = Recount()
    counted.counter.heard = {}
    return counted


def _ledger_offset(settings: AnalyticsSettings) -> int:
    with Ledger(settings.ledger_path()) as ledger:
        return ledger.progress().next_offset or 0


def _require_counted(progress: Progress, url: str) -> None:
    """Raise LogReplacedError where the ledger has counted another log, and not yet this one."""
    try:
        require_continuing(progress, Log(url))
    except LogReplacedError as error:
        raise LogReplacedError(
            f"{error}; the totals worker goes on from the log's first message: start it, or"
            " `python -m analytics recount --from archive`, then verify again"
        ) from error


def _firsts_beyond(counted: Recount, disputed: Mapping[bytes, bytes]) -> set[bytes]:
    """Identities of the log whose first content, by the ledger, the log does not have any more."""
    return {
        key for key, content in disputed.items() if counted.identities.get(key, content) != content
    }


def _count_beyond(
    settings: VerifySettings,
    counted: Recount,
    keys: Set[bytes],
    table: StoreTable,
    stop: threading.Event,
) -> int:
    """Count what the ledger has beyond the log as the archive has it; returns how many."""
    before = len(counted.identities)
    if beyond := keys - counted.identities.keys():
        with open_archive(settings) as archive:
            count_messages(counted, archive.messages_of(beyond), table, stop)
    return len(counted.identities) - before


def _settled_archive(
    settings: VerifySettings, counted: Recount, stop: threading.Event, wait_seconds: float
) -> ArchiveComparison:
    """The archive once it misses nothing of the log, or as it is at the deadline."""
    found: list[ArchiveComparison] = []
    with open_archive(settings) as archive:

        def misses_nothing() -> bool:
            found[:] = [read_archive(counted, archive.receipts())]
            return not found[0].missing

        wait_until(misses_nothing, wait_seconds, stop)
    return found[0]


def _newer(
    settings: VerifySettings, counted: Recount, table: StoreTable, stop: threading.Event
) -> set[bytes]:
    """Identities that the log got after it was read."""
    if counted.next_offset is None:
        return set()
    newer = Recount()
    last = last_offset(settings.amqp_url)
    if last is not None and last >= counted.next_offset:
        log = read_log(settings.amqp_url, stop, last, counted.next_offset)
        count_messages(newer, log, table, stop)
    return set(newer.identities)
