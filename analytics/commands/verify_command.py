"""`python -m analytics verify`: the door, the log, the ledger and the archive at a common point."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

import msgspec

from analytics.commands.counting_run import count_messages
from analytics.commands.waiting import CATCH_UP_SECONDS, wait_until
from analytics.ledger.calendars import described
from analytics.ledger.continuity import Log, LogReplacedError, require_continuing
from analytics.ledger.identity_records import keys_beyond
from analytics.ledger.ledger_file import Ledger, Progress
from analytics.settings import AnalyticsSettings, VerifySettings
from analytics.verify.archive import open_archive
from analytics.verify.archive_comparison import ArchiveComparison
from analytics.verify.comparison import (
    MAX_DIFFERENCES,
    NotCounted,
    Report,
    compare_archive,
    compare_door,
    compare_ledger,
    dropped_days,
    heard_with_aside,
    kept_days,
    keys_aside,
)
from analytics.verify.recount import Recount, scratch_recount
from analytics.verify.side_by_side import Row, as_text, rows
from tillstream import accepted_count, stores
from tillstream.identity import key_day
from tillstream.log.reader import first_offset, last_offset
from tillstream.log.whole_log import read_log
from tillstream.stores import StoreTable
from tillstream.verify_report import Disagreement

#: Days (ordinals), and identities of each that the log does not have.
Beyond = Iterable[tuple[int, set[bytes]]]


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
    url, table, path = settings.amqp_url, stores.load(settings), settings.ledger_path()
    with ExitStack() as opened:
        with Ledger(path) as ledger:
            ledger.require_calendar(described(table))
        door_before = accepted_count.read(accepted_count.folder_of(settings.data_dir))
        # 1. The whole log, which says what must be counted and stored; of one whose beginning is
        # gone, what is left.
        begin = first_offset(url) or 0
        counted = opened.enter_context(_empty_recount(path))
        count_messages(counted, read_log(url, stop, last_offset(url), begin), table, stop)
        # 2. The ledger, as soon as it has come as far, and the log on to where it is then.
        common = counted.progress().next_offset or 0
        wait_until(lambda: _ledger_offset(settings) >= common, wait_seconds, stop)
        ledger = opened.enter_context(Ledger(path))
        ledger.begin_reading()
        progress = ledger.progress()
        _require_counted(progress, url)
        reached = progress.next_offset or 0
        if reached > common:
            count_messages(counted, read_log(url, stop, reached - 1, common), table, stop)
        accepted = counted.receipts
        beyond = 0
        if begin or progress.log_epoch:
            # What the ledger has beyond a log that is not whole must be in the archive. Where only
            # a conflict of it is left in the log, it has to count before that.
            if first := _firsts_beyond(counted, ledger.disputed()):
                end = counted.progress().next_offset or 0
                counted = opened.enter_context(_empty_recount(path))
                beyond = _count_beyond(settings, counted, first, table, stop)
                count_messages(counted, read_log(url, stop, end - 1, begin), table, stop)
                accepted = counted.receipts - beyond
            beyond += _count_beyond(settings, counted, _beyond(ledger, counted), table, stop)
        counted.write()
        compared = compare_ledger(counted, ledger)
        ledger_differences = compared.differences
        if reached < common:
            behind = Disagreement("ledger: behind the log", "", "", str(common), str(reached))
            ledger_differences.append(behind)
        # 3. What the door accepted before the log was read is in it.
        door_after = accepted_count.read(accepted_count.folder_of(settings.data_dir))
        heard = heard_with_aside(counted, table)
        counter = counted.counter
        lost_duplicates = max(0, progress.duplicates - counter.duplicates) if beyond else 0
        unanswered, differences = compare_door(door_before, heard, door_after, lost_duplicates)
        # 4. The archive, which may be a little behind the log, and ahead of where we read it.
        stored = ArchiveComparison(counted, dropped_days(ledger))
        _read_archive(settings, stored, stop, wait_seconds)
        archive_differences = compare_archive(counted, stored)
        extra = stored.extra - keys_aside(counted)
        extra -= _newer(settings, extra, counted.progress().next_offset, table, stop)
        report = Report(
            accepted=accepted,
            stored=stored.stored,
            counted=compared.counted,
            duplicates=counter.duplicates,
            conflicts=counter.conflicts,
            dead_lettered=counter.undecodable,
            lost=max(compared.lost, sum(stored.missing.values())),
            double_counted=compared.double + len(extra),
            unanswered=unanswered,
            differences=(differences + ledger_differences + archive_differences)[:MAX_DIFFERENCES],
            set_aside=counter.set_aside,
            aside=[
                NotCounted(one.offset, one.place, one.key, one.reason, one.undecodable)
                for one in counted.ledger.aside()[:MAX_DIFFERENCES]
            ],
            beyond_log=beyond,
        )
        return report, rows(counted.ledger, ledger, stored.by_store, by_store=by_store)


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


@contextmanager
def _empty_recount(path: Path) -> Iterator[Recount]:
    with scratch_recount(path.parent) as counted:
        counted.counter.heard = {}
        yield counted


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


def _firsts_beyond(counted: Recount, disputed: Mapping[bytes, bytes]) -> Beyond:
    """Identities of the log whose first content, by the ledger, the log does not have any more."""
    here = counted.identities.known(list(disputed))
    beyond: dict[int, set[bytes]] = {}
    for key, content in here.items():
        if disputed[key] != content:
            beyond.setdefault(key_day(key), set()).add(key)
    return list(beyond.items())


def _beyond(ledger: Ledger, counted: Recount) -> Beyond:
    """Identities that the ledger has and the log, as far as it was read, has not."""
    for day in kept_days(ledger):
        theirs, ours = ledger.identities.of_day(day), counted.identities.of_day(day)
        yield day, keys_beyond(theirs, ours)


def _count_beyond(
    settings: VerifySettings,
    counted: Recount,
    beyond: Beyond,
    table: StoreTable,
    stop: threading.Event,
) -> int:
    """Count what is beyond the log as the archive has it; returns how many."""
    before = counted.identities.count
    with open_archive(settings) as archive:
        found = (archive.messages_of(day, keys) for day, keys in beyond if keys)
        count_messages(counted, chain.from_iterable(found), table, stop)
    return counted.identities.count - before


def _read_archive(
    settings: VerifySettings, stored: ArchiveComparison, stop: threading.Event, wait_seconds: float
) -> None:
    """The archive once it misses nothing of the log, or as it is at the deadline."""
    with open_archive(settings) as archive:
        stored.read(archive)

        def misses_nothing() -> bool:
            stored.read_again(archive)
            return not stored.missing

        wait_until(misses_nothing, wait_seconds, stop)


def _newer(
    settings: VerifySettings,
    extra: set[bytes],
    next_offset: int | None,
    table: StoreTable,
    stop: threading.Event,
) -> set[bytes]:
    """Those of some identities that the log got after it was read."""
    last = last_offset(settings.amqp_url)
    if not extra or next_offset is None or last is None or last < next_offset:
        return set()
    with scratch_recount(settings.ledger_path().parent) as newer:
        count_messages(newer, read_log(settings.amqp_url, stop, last, next_offset), table, stop)
        return set(newer.identities.known(list(extra)))
