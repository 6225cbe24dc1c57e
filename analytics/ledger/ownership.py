"""Who owns the ledger's file, with which calendar, and how a rebuilt one takes its place."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from analytics.ledger.ledger_errors import LedgerUnreadableError
from analytics.ledger.ledger_file import Ledger
from tillstream.errors import TillstreamError
from tillstream.runtime import files

log = structlog.get_logger()


class OtherOwnersCalendarError(TillstreamError):
    """A recount has another calendar than the totals worker that owns the ledger."""


def rebuilt_path(path: Path) -> Path:
    """Where a rebuilt ledger waits for its adoption."""
    return path.with_suffix(".rebuilt")


def adopt(path: Path, calendar: str) -> bool:
    """Put a rebuilt ledger, if there is one, in the place of the old one. For the owner only.

    One of another calendar than the owner's is refused, and removed. A kill between the two steps
    leaves no ledger at `path`: the next start adopts again.
    """
    rebuilt = rebuilt_path(path)
    if not rebuilt.exists():
        return False
    try:
        with Ledger(rebuilt) as ledger:
            ledger.require_calendar(calendar)
    except LedgerUnreadableError as error:
        log.error("a rebuilt ledger is refused", reason=str(error))
        remove(rebuilt)
        return False
    remove_journal(rebuilt)
    # 1. The old one's write-ahead log must not be read into the new file.
    remove(path)
    # 2. The new file is whole: it was closed, its own write-ahead log merged into it.
    rebuilt.replace(path)
    return True


@contextmanager
def owned(path: Path, calendar: str | None = None) -> Iterator[bool]:
    """Own the ledger at `path` while in the block; False when another process does.

    With `calendar`, a recount knows from then on which one the owner keeps.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("a+") as lock:
        own = files.try_lock(lock.fileno())
        if own and calendar is not None:
            lock.truncate(0)
            lock.write(calendar)
            lock.flush()
        yield own


def require_owners_calendar(path: Path, calendar: str) -> None:
    """Raise OtherOwnersCalendarError when the worker that owns the ledger keeps another one."""
    with suppress(FileNotFoundError):
        kept = path.with_suffix(".lock").read_text()
        if kept not in ("", calendar):
            raise OtherOwnersCalendarError(
                f"the totals worker keeps the calendar {kept}, the settings here say {calendar}:"
                " run this with the worker's STORE_TIMEZONE, BUSINESS_DAY_CUTOFF_HOUR and"
                " STORES_FILE (`script/run` does so for the running system), or start the worker"
                " with the new ones first"
            )


def remove(path: Path) -> None:
    """Remove a ledger's files, as far as they exist."""
    path.unlink(missing_ok=True)
    remove_journal(path)


def remove_journal(path: Path) -> None:
    """Remove what SQLite keeps beside a file that is closed."""
    for name in (path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
