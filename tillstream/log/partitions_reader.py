"""Follows the receipts log with all its partitions, on the connection of a worker."""

import threading
from collections.abc import Callable, Iterator

from pika.adapters.blocking_connection import BlockingConnection

from tillstream.log.partitioned_log import PartitionedLog
from tillstream.log.positions import Offsets, in_stream
from tillstream.log.reader import LogMessage, LogReader, Start


class PartitionsReader:
    """As LogReader; what stands before the last mark comes first, in the order of the marks."""

    def __init__(
        self,
        connection: BlockingConnection,
        log: PartitionedLog,
        positions: Callable[[], Offsets],
        stop: threading.Event,
        begins: Offsets | None = None,
    ) -> None:
        """`positions`: where to go on in each partition; where it does not say it of one, at
        `begins` or its first message. It is asked twice: now, and after what stands before the
        last mark.
        """
        self._connection, self._log, self._positions = connection, log, positions
        self._begins = begins or {}
        starts = {**self._begins, **positions()}
        self._before: Iterator[list[LogMessage]] | None = None
        if lasts := log.before_last_mark(starts):
            firsts = log.first_offsets()
            self._before = log.read(stop, lasts, {**firsts, **starts})
        self._reader = None if self._before else self._opened()

    def read(self, patience_seconds: float) -> list[LogMessage]:
        """See LogReader."""
        return self.gather(patience_seconds, lambda: 0.0)

    def gather(
        self, patience_seconds: float, more_seconds: Callable[[], float]
    ) -> list[LogMessage]:
        """See LogReader."""
        if self._before is not None:
            # The connection is served as well: its heartbeats go on.
            self._connection.process_data_events(0)
            if messages := next(self._before, None):
                return messages
            self._before = None
        if self._reader is None:
            self._reader = self._opened()
        return self._reader.gather(patience_seconds, more_seconds)

    def done(self) -> None:
        """See LogReader."""
        if self._reader is not None:
            self._reader.done()

    def _opened(self) -> LogReader:
        starts = {**self._begins, **self._positions()}
        if not self._log.is_partitioned:
            return LogReader(self._connection, _start(starts, 0))
        found = {number: _start(starts, number) for number in self._log.parts}
        return LogReader(self._connection, found)


def _start(starts: Offsets, number: int) -> Start:
    offset = starts.get(number)
    return "first" if offset is None else in_stream(offset)
