"""What can be wrong with a ledger's file."""

from pathlib import Path

from tillstream.errors import TillstreamError


class LedgerUnreadableError(TillstreamError):
    """The file at `path` is no ledger, a damaged one, or one of another version or calendar."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(
            f"the ledger {path} {reason}; rebuild it with `tillstream recount`"
            " (`--from archive` where the log is not whole)"
        )


class OtherVersionError(LedgerUnreadableError):
    """The file was written by another version of the ledger; `recount` makes it anew."""


class OtherCalendarError(LedgerUnreadableError):
    """The figures were made with another calendar of the stores."""
