"""The log of the receipts as a second source of the events worker."""

import math

import structlog
from pika.adapters.blocking_connection import BlockingConnection

from events.receipts.receipts_counter import ReceiptsCounter
from tillstream import topology
from tillstream.clock import Clock
from tillstream.log.continuity import LogEnds, LogReplacedError, require_continuing
from tillstream.log.reader import PREFETCH, LogMessage, LogReader, LogTruncatedError
from tillstream.runtime.periodic import Every

log = structlog.get_logger()

#: What comes within so long, seconds, is one commit.
PACE_SECONDS = 0.25
_MEND = "run `python -m events recount`"
_LOST = (
    "the log of the receipts has dropped some that were not counted: make the log anew with"
    " `python -m persistence rebuild-log`, then run `python -m events recount`"
)


class ReceiptsSource:
    """Reads beside the log of events, on the same connection and in the same thread."""

    def __init__(self, counter: ReceiptsCounter, looked_up: LogEnds, clock: Clock) -> None:
        self.counter = counter
        self._looked_up = looked_up
        self._pace = Every(PACE_SECONDS, clock)
        self._waiting: list[LogMessage] = []
        self._reader: LogReader | None = None
        #: The newest offset of the log that is known of; None before any.
        self.log_offset: int | None = None

    def open(self, connection: BlockingConnection) -> None:
        """Begin after what was counted."""
        self._waiting = []
        self._find_start()
        progress = self.counter.progress
        self.log_offset = self._looked_up.last_offset()
        start = progress.begin_offset if progress.next_offset is None else progress.next_offset
        self._reader = LogReader(connection, start or "first", PREFETCH, topology.RECEIPTS_LOG)

    def patience(self) -> float:
        """Seconds until `take` has something to do with what has come already."""
        return self._pace.remaining() if self._waiting else math.inf

    def take(self) -> bool:
        """Count what has come, once that is due; whether anything was counted."""
        if self._reader is None:
            return False
        self._waiting += self._reader.read(0)
        if not self._waiting or (len(self._waiting) < PREFETCH and not self._pace.is_due()):
            return False
        self.counter.count(self._waiting)
        self.log_offset = max(self.log_offset or 0, self._waiting[-1].offset)
        self._waiting = []
        self._reader.done()
        return True

    def is_caught_up(self) -> bool:
        """Whether nothing of the log is known that was not counted."""
        next_offset = self.counter.progress.next_offset or 0
        return not self._waiting and (self.log_offset is None or next_offset > self.log_offset)

    def _find_start(self) -> None:
        """Events go on whatever became of this log: its windows wait, or count it anew."""
        progress = self.counter.progress
        first = self._looked_up.first_offset() or 0
        if progress.next_offset is None:
            if first > progress.begin_offset:
                log.error("the beginning of the log of the receipts is gone", first_offset=first)
                self.counter.begin_at(first)
            return
        try:
            require_continuing(
                progress.next_offset,
                progress.last_digest,
                self._looked_up,
                "the windows of the receipts",
                _MEND,
            )
        except LogReplacedError as error:
            log.error(
                "the log of the receipts was replaced or has lost its end; it is counted from its"
                " first message, and each receipt once",
                reason=str(error),
            )
            self.counter.begin_at(first, replaced=True)
        except LogTruncatedError as error:
            log.error("receipts are gone that were not counted", reason=str(error))
            self.counter.begin_at(first, stale=_LOST)
