"""Is a log the one that was counted? Decided by its last message, not by a number."""

from typing import NamedTuple, Protocol

from tillstream import topology
from tillstream.errors import TillstreamError
from tillstream.log import looking_up
from tillstream.log.positions import in_stream, known_as
from tillstream.log.reader import LogMessage, LogTruncatedError, message_digest


class LogReplacedError(TillstreamError):
    """The log is not the one that was counted, or lacks the end of it."""


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
    """A log on the broker, or a partition of one: a stream."""

    url: str
    name: str = topology.RECEIPTS_LOG
    partition: int = 0

    def first_offset(self) -> int | None:
        """See LogEnds."""
        return self._known_as(looking_up.first_offset(self.url, self.name))

    def last_offset(self) -> int | None:
        """See LogEnds."""
        return self._known_as(looking_up.last_offset(self.url, self.name))

    def message_from(self, offset: int) -> LogMessage | None:
        """See LogEnds."""
        found = looking_up.message_from(self.url, in_stream(offset), self.name)
        if found is None or not self.partition:
            return found
        return found._replace(offset=known_as(self.partition, found.offset))

    def _known_as(self, offset: int | None) -> int | None:
        return None if offset is None else known_as(self.partition, offset)


def require_continuing(
    next_offset: int | None, last_digest: bytes | None, log: LogEnds, kept: str, mend: str
) -> None:
    """Raise where the log does not go on from what was counted.

    `next_offset` is the offset to go on from, `last_digest` that of the message before; `kept` is
    what was counted into, and `mend` says what to do where a part of the log is gone.

    LogTruncatedError: messages that were not counted yet are gone from its beginning.
    LogReplacedError: it holds another message where the last one that was counted stood, or ends
    before that. LogUndeliveredError: that cannot be told.
    """
    if next_offset is None:
        return
    counted = next_offset - 1
    found = log.message_from(counted)
    if found is None:
        last = log.last_offset()
        if last is not None and last >= counted:
            raise LogUndeliveredError(f"the log does not deliver its message {counted}")
        raise LogReplacedError(
            f"{kept} has counted the log up to offset {counted}, but the log"
            + (" is empty" if last is None else f" ends at {last}")
        )
    if found.offset > next_offset:
        raise LogTruncatedError(
            f"the log begins at offset {found.offset} and {kept} goes on from {next_offset}: what"
            f" was between is gone from the log; {mend}"
        )
    if found.offset == counted and last_digest not in (None, message_digest(found)):
        raise LogReplacedError(
            f"the log holds another message at offset {counted} than the one that was counted"
        )
