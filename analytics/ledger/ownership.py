"""Who owns the ledger's file, with which calendar, and how a rebuilt one takes its place."""

from contextlib import suppress
from pathlib import Path

import structlog

from analytics.ledger.ledger_errors import LedgerUnreadableError
from analytics.ledger.ledger_file import Ledger
from tillstream.errors import TillstreamError
from tillstream.runtime.owned_file import rebuilt_path, remove, take_place

log = structlog.get_logger()


class OtherOwnersCalendarError(TillstreamError):
    """A recount has another calendar than the totals worker that owns the ledger."""


def adopt(path: Path, calendar: str) -> bool:
    """Put a rebuilt ledger, if there is one, in the place of the old one. For the owner only.

    One of another calendar than the owner's is refused, and removed.
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
    take_place(path)
    return True


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
