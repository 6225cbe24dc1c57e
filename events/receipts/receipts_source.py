"""The log of the receipts as a second source of the events worker."""

import math
import threading

import structlog
from pika.adapters.blocking_connection import BlockingConnection

from events.receipts.receipts_continuity import require_continuing
from events.receipts.receipts_counter import ReceiptsCounter
from tillstream.clock import Clock
from tillstream.log.continuity import LogEnds, LogReplacedError
from tillstream.log.partitioned_log import PartitionedLog, opened
from tillstream.log.partitions_reader import PartitionsReader
from tillstream.log.positions import Offsets, in_stream, last_sum, newest, position_sum
from tillstream.log.reader import PREFETCH, LogMessage, LogTruncatedError
from tillstream.runtime.periodic import Every

log = structlog.get_logger()

#: What comes within so long, seconds, is one commit.
PACE_SECONDS = 0.25
_MEND = "run `tillstream recount --streams`"
_LOST = (
    "the log of the receipts has dropped some that were not counted: make the log anew with"
    " `python -m persistence rebuild-log`, then run `tillstream recount --streams`"
)


class ReceiptsSource:
    """Reads beside the log of events, on the same connection and in the same thread."""

    def __init__(self, counter: ReceiptsCounter, looked_up: LogEnds, clock: Clock) -> None:
        self.counter = counter
        self._looked_up = looked_up
        self._pace = Every(PACE_SECONDS, clock)
        self._waiting: list[LogMessage] = []
        self._reader: PartitionsReader | None = None
        #: The newest offset of each partition of the log that is known of.
        self._log_offsets: Offsets = {}

    def open(self, connection: BlockingConnection, stop: threading.Event) -> None:
        """Begin after what was counted."""
        self._waiting = []
        log = opened(self._looked_up)
        self._find_start(log)
        progress = self.counter.progress
        self._log_offsets = log.last_offsets()
        self._note_behind()
        self._reader = PartitionsReader(
            connection,
            log,
            lambda: self.counter.progress.next_offsets(),
            stop,
            progress.begin_offsets(),
        )

    def position(self) -> tuple[int | None, int | None]:
        """How far the log was counted, and how far it is known to go."""
        return position_sum(self.counter.progress.next_offsets()), last_sum(self._log_offsets)

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
        self._log_offsets = newest(self._log_offsets, (one.offset for one in self._waiting))
        self._note_behind()
        self._waiting = []
        self._reader.done()
        return True

    def is_caught_up(self) -> bool:
        """Whether nothing of the log is known that was not counted."""
        return not self._waiting and not self.counter.log_clock.behind

    def _note_behind(self) -> None:
        at = self.counter.progress.next_offsets()
        self.counter.log_clock.behind = {
            n for n, last in self._log_offsets.items() if at.get(n, 0) <= last
        }

    def _find_start(self, receipts_log: PartitionedLog) -> None:
        """Events go on whatever became of this log: its windows wait, or count it anew."""
        progress = self.counter.progress
        first = receipts_log.first_offsets()
        if not progress.next_offsets():
            begins = progress.begin_offsets()
            if any(in_stream(at) and at > begins.get(n, 0) for n, at in first.items()):
                log.error("the beginning of the log of the receipts is gone", first_offset=first)
                self.counter.begin_at(first)
            return
        try:
            require_continuing(progress, receipts_log, first, "the windows of the receipts", _MEND)
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
