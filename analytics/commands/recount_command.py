"""`python -m analytics recount`: the ledger made anew from the log or from the archive."""

import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path

from analytics.commands.counting_run import count_messages
from analytics.commands.waiting import wait_until
from analytics.ledger.calendars import described
from analytics.ledger.continuity import Log, LogReplacedError, require_continuing
from analytics.ledger.identity_records import keys_beyond
from analytics.ledger.ledger_errors import LedgerUnreadableError
from analytics.ledger.ledger_file import Ledger, Progress
from analytics.ledger.ownership import adopt, owned, rebuilt_path, require_owners_calendar
from analytics.settings import VerifySettings
from analytics.verify.archive import open_archive
from analytics.verify.comparison import kept_days
from analytics.verify.recount import Recount, new_ledger
from tillstream import stores
from tillstream.errors import TillstreamError
from tillstream.log.reader import LogTruncatedError, first_offset, last_offset
from tillstream.log.whole_log import read_log

#: How long a running totals worker may take to adopt a rebuilt ledger, seconds.
ADOPTION_SECONDS = 30.0
FROM_ARCHIVE = "`python -m analytics recount --from archive`"


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
    table = stores.load(settings)
    calendar = described(table)
    require_owners_calendar(path, calendar)
    before = _progress_before(path)
    with new_ledger(path) as counted:
        if source == "log":
            try:
                count_messages(counted, read_log(url, stop, last_offset(url)), table, stop)
            except LogTruncatedError as error:
                raise LogTruncatedError(f"{error}: {FROM_ARCHIVE}") from error
            _require_nothing_lost(path, before, counted, url)
            progress = counted.progress()
        else:
            with open_archive(settings) as archive:
                total = archive.estimated_receipts()
                count_messages(counted, archive.messages(), table, stop, total)
            # The worker goes on with what the log still has: known identities count once. The
            # archive keeps no duplicates: those that were counted are still known of.
            progress = counted.progress()
            progress = progress._replace(
                log_epoch=max(before.log_epoch, int((first_offset(url) or 0) > 0)),
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
    )


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
        gone = sum(
            len(keys_beyond(ledger.identities.of_day(day), counted.identities.of_day(day)))
            for day in kept_days(ledger)
        )
    if gone:
        raise LogReplacedError(
            f"{reason}; it lacks {gone} receipts that were counted, which the archive has:"
            f" {FROM_ARCHIVE}"
        )
