"""The commands on the ledger: recount it, verify it, list its tills."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import closing, suppress
from pathlib import Path

import msgspec
from tqdm import tqdm

from analytics.counting.parallel_decoding import read_in_parallel
from analytics.ledger.calendars import described
from analytics.ledger.continuity import Log, LogReplacedError, require_continuing
from analytics.ledger.ledger_file import Ledger, LedgerUnreadableError, Progress
from analytics.ledger.ownership import adopt, owned, rebuilt_path, require_owners_calendar
from analytics.settings import AnalyticsSettings, VerifySettings
from analytics.verify import archive as mongo
from analytics.verify.comparison import (
    MAX_DIFFERENCES,
    ArchiveComparison,
    Difference,
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
from analytics.verify.recount import Recount, write_rebuilt
from analytics.verify.side_by_side import Row, as_text, rows
from tillstream import accepted_count, stores
from tillstream.clock import utc
from tillstream.errors import TillstreamError
from tillstream.log.reader import LogMessage, StoppedError, first_offset, last_offset
from tillstream.log.whole_log import read_log
from tillstream.stores import StoreTable

#: How long a running totals worker may take to adopt a rebuilt ledger, seconds.
ADOPTION_SECONDS = 30.0
#: How long the archive and the ledger may be behind the log, seconds.
CATCH_UP_SECONDS = 60.0
POLL_SECONDS = 0.5


class NotAdoptedError(TillstreamError):
    """The worker that owns the ledger at `path` did not take the rebuilt one in `seconds`."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path = path
        self.seconds = seconds
        super().__init__(
            f"the log was counted, but the totals worker that owns {path} did not adopt the result"
            f" within {seconds:g} s; it will at its next start"
        )


def recount(settings: VerifySettings, source: str, stop: threading.Event) -> str:
    """Rebuild the ledger from the `log` or the `archive`; a running totals worker adopts it.

    Returns what was counted, and how fast, in one line.
    """
    started = time.perf_counter()
    url, path = settings.amqp_url, settings.ledger_path()
    counted, table = Recount(), stores.load(settings)
    calendar = described(table)
    require_owners_calendar(path, calendar)
    before = _progress_before(path)
    if source == "log":
        _count(counted, read_log(url, stop, last_offset(url)), table, stop)
        _require_nothing_lost(path, before, counted, url)
    else:
        with mongo.connect(settings.require_mongo()) as client:
            archive = mongo.Archive(client, settings.mongo_database)
            _count(counted, archive.messages(), table, stop, archive.estimated_receipts())
        # The worker goes on with what the log still has: known identities count once. The archive
        # keeps no duplicates: those that were counted are still known of.
        counted.log_epoch = max(before.log_epoch, int((first_offset(url) or 0) > 0))
        counted.book.duplicates = max(before.duplicates, counted.book.duplicates)
    write_rebuilt(path, counted, calendar)
    seconds = time.perf_counter() - started
    with owned(path) as ours:
        if ours:
            adopt(path, calendar)
        else:
            _wait(lambda: not rebuilt_path(path).exists(), ADOPTION_SECONDS, stop)
            if rebuilt_path(path).exists():
                raise NotAdoptedError(path, ADOPTION_SECONDS)
    progress = counted.progress()
    return (
        f"counted {counted.receipts} receipts in {seconds:.2f} s"
        f" ({counted.receipts / seconds:,.0f}/s): {progress.duplicates} duplicates,"
        f" {progress.conflicts} conflicts, {progress.undecodable} undecodable"
        + (f", {progress.set_aside} set aside" if progress.set_aside else "")
    )


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
    _count(counted, read_log(url, stop, last_offset(url), begin), table, stop)
    # 2. The ledger, as soon as it has come as far, and the log on to where it is then.
    _wait(lambda: _ledger_offset(settings) >= (counted.next_offset or 0), wait_seconds, stop)
    with Ledger(settings.ledger_path()) as ledger:
        ledger.begin_reading()
        progress = ledger.progress()
        state = LedgerState(
            {day: ledger.totals(day) for day in ledger.days()}, set(ledger.identity_keys())
        )
        disputed = ledger.disputed()
        ledger.rollback()
    _require_counted(progress, url)
    common, reached = counted.next_offset or 0, progress.next_offset or 0
    if reached > common:
        _count(counted, read_log(url, stop, reached - 1, common), table, stop)
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
            _count(counted, read_log(url, stop, end - 1, begin), table, stop)
            accepted = counted.receipts - beyond
        beyond += _count_beyond(settings, counted, state.keys, table, stop)
    ledger_lost, ledger_double, ledger_differences = compare_ledger(counted, state)
    if reached < common:
        behind = Difference("ledger: behind the log", "", "", str(common), str(reached))
        ledger_differences.append(behind)
    # 3. What the door accepted before the log was read is in it.
    door_after = accepted_count.read(accepted_count.folder_of(settings.data_dir))
    heard = heard_with_aside(counted, table)
    lost_duplicates = max(0, progress.duplicates - counted.book.duplicates) if beyond else 0
    unanswered, differences = compare_door(door_before, heard, door_after, lost_duplicates)
    # 4. The archive, which may be a little behind the log, and ahead of where we read it.
    stored = _settled_archive(settings, counted, stop, wait_seconds)
    archive_differences = compare_archive(counted, stored)
    extra = stored.extra - _newer(settings, counted, table, stop) - keys_aside(counted)
    book = counted.book
    report = Report(
        accepted=accepted,
        stored=stored.stored,
        counted=len(state.keys & counted.identities.keys()),
        duplicates=book.duplicates,
        conflicts=book.conflicts,
        dead_lettered=book.undecodable,
        lost=max(ledger_lost, len(stored.missing)),
        double_counted=ledger_double + len(extra),
        unanswered=unanswered,
        differences=(differences + ledger_differences + archive_differences)[:MAX_DIFFERENCES],
        set_aside=book.set_aside,
        aside=[
            NotCounted(one.offset, one.place, one.key, one.reason, one.undecodable)
            for one in counted.aside[:MAX_DIFFERENCES]
        ],
        beyond_log=beyond,
    )
    return report, rows(counted, state, stored, by_store=by_store)


def tills(settings: AnalyticsSettings) -> Iterator[str]:
    """One line for each till with a gap, or that is silent; at last, how many there are."""
    now = time.time()
    with Ledger(settings.ledger_path()) as ledger:
        known = ledger.tills()
    for till in known.values():
        for gap in till.gaps(now):
            yield (
                f"{till.store}/{till.till}  numbers {gap.first} to {gap.last} are missing"
                f" since {utc(gap.since):%Y-%m-%d %H:%M:%S} UTC"
            )
        if (since := till.silent_since(now)) is not None:
            yield f"{till.store}/{till.till}  silent since {utc(since):%Y-%m-%d %H:%M:%S} UTC"
    yield f"{len(known)} tills heard"


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


def _count(
    counted: Recount,
    messages: Iterable[list[LogMessage]],
    table: StoreTable,
    stop: threading.Event,
    total: int | None = None,
) -> None:
    # Nothing to watch where nobody watches: no bar in a log file.
    with (
        closing(read_in_parallel(messages, table)) as batches,
        tqdm(total=total, unit=" receipts", unit_scale=True, disable=None) as bar,
    ):
        for batch in batches:
            if stop.is_set():
                raise StoppedError("stopped before the end")
            bar.update(counted.count_batch(batch, table))


def _progress_before(path: Path) -> Progress:
    """How far the ledger came that is to be replaced, as far as it can be read."""
    if path.exists():
        with suppress(LedgerUnreadableError, sqlite3.DatabaseError), Ledger(path) as ledger:
            return ledger.progress()
    return Progress()


def _require_nothing_lost(path: Path, before: Progress, counted: Recount, url: str) -> None:
    """Raise LogReplacedError where a recount from the log lacks what was counted before.

    A log that was rebuilt from the archive is another one, and has everything.
    """
    reason = "the log was replaced, or lost a part, after it was counted"
    if not before.log_epoch:
        try:
            require_continuing(before, Log(url))
        except LogReplacedError as error:
            reason = str(error)
        else:
            return
    with Ledger(path) as ledger:
        gone = set(ledger.identity_keys()) - counted.identities.keys()
    if gone:
        raise LogReplacedError(
            f"{reason}; it lacks {len(gone)} receipts that were counted, which the archive has:"
            " `python -m analytics recount --from archive`"
        )


def _require_counted(progress: Progress, url: str) -> None:
    """Raise LogReplacedError where the ledger has counted another log, and not yet this one."""
    try:
        require_continuing(progress, Log(url))
    except LogReplacedError as error:
        raise LogReplacedError(
            f"{error}; the totals worker goes on from the log's first message: start it, or"
            " `python -m analytics recount --from archive`, then verify again"
        ) from error


def _empty_recount() -> Recount:
    counted = Recount()
    counted.book.heard = {}
    return counted


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
        with mongo.connect(settings.require_mongo()) as client:
            archive = mongo.Archive(client, settings.mongo_database)
            _count(counted, archive.messages_of(beyond), table, stop)
    return len(counted.identities) - before


def _ledger_offset(settings: AnalyticsSettings) -> int:
    with Ledger(settings.ledger_path()) as ledger:
        return ledger.progress().next_offset or 0


def _settled_archive(
    settings: VerifySettings, counted: Recount, stop: threading.Event, wait_seconds: float
) -> ArchiveComparison:
    """The archive once it misses nothing of the log, or as it is at the deadline."""
    with mongo.connect(settings.require_mongo()) as client:
        archive = mongo.Archive(client, settings.mongo_database)
        deadline = time.monotonic() + wait_seconds
        while True:
            stored = read_archive(counted, archive.receipts())
            if not stored.missing or time.monotonic() > deadline:
                return stored
            _pause(stop)


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
        _count(newer, log, table, stop)
    return set(newer.identities)


def _wait(condition: Callable[[], bool], seconds: float, stop: threading.Event) -> None:
    """Until the condition holds, or the time is over."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        _pause(stop)


def _pause(stop: threading.Event) -> None:
    if stop.wait(POLL_SECONDS):
        raise StoppedError("stopped before the end")
