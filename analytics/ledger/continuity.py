"""Is the log the one that the ledger has counted? Decided by its last message, not by a number."""

from typing import NamedTuple, Protocol

from analytics.ledger.ledger_file import Progress
from tillstream.errors import TillstreamError
from tillstream.log import reader
from tillstream.log.reader import LogMessage, LogTruncatedError, message_digest


class LogReplacedError(TillstreamError):
    """The log is not the one that the ledger has counted, or lacks the end of it."""


class LogUndeliveredError(TillstreamError):
    """The log holds a message and does not deliver it."""


class LogEnds(Protocol):
    """What can be looked up of the log."""

    def first_offset(self) -> int | None:
        """The oldest offset that it holds; None when it holds none."""

    def last_offset(self) -> int | None:
        """The newest offset that it holds; None when it holds none."""

    def message_from(self, offset: int) -> LogMessage | None:
        """The first message at or after an offset; None where the log ends before it."""


class Log(NamedTuple):
    """The log on the broker."""

    url: str

    def first_offset(self) -> int | None:
        """See LogEnds."""
        return reader.first_offset(self.url)

    def last_offset(self) -> int | None:
        """See LogEnds."""
        return reader.last_offset(self.url)

    def message_from(self, offset: int) -> LogMessage | None:
        """See LogEnds."""
        return reader.message_from(self.url, offset)


def require_continuing(progress: Progress, log: LogEnds) -> None:
    """Raise where the log does not go on from what was counted.

    LogTruncatedError: receipts that were not counted yet are gone from its beginning.
    LogReplacedError: it holds another message where the last one that was counted stood, or ends
    before that. LogUndeliveredError: that cannot be told.
    """
    if progress.next_offset is None:
        return
    counted = progress.next_offset - 1
    found = log.message_from(counted)
    if found is None:
        last = log.last_offset()
        if last is not None and last >= counted:
            raise LogUndeliveredError(f"the log does not deliver its message {counted}")
        raise LogReplacedError(
            f"the ledger has counted the log up to offset {counted}, but the log"
            + (" is empty" if last is None else f" ends at {last}")
        )
    if found.offset > progress.next_offset:
        raise LogTruncatedError(
            f"the log begins at offset {found.offset} and this ledger goes on from"
            f" {progress.next_offset}: what was between is gone from the log; rebuild the ledger"
            " from the archive with `python -m analytics recount --from archive`"
        )
    if found.offset == counted and progress.last_digest not in (None, message_digest(found)):
        raise LogReplacedError(
            f"the log holds another message at offset {counted} than the one that was counted"
        )
