"""Where the worker gets what the log has next: read by itself, or by the executors of an engine."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from pika.adapters.blocking_connection import BlockingConnection

from events.windows.deduplication import NewEvents
from events.windows.event_counter import EventCounter
from tillstream import topology
from tillstream.log.reader import LogMessage, LogReader
from tillstream.runtime import broker
from tillstream.runtime.tracing.start import working
from tillstream.streams.definition import MICROSECONDS
from tillstream.streams.ordered_reader import OrderedReader

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import Tracer

#: Messages that the broker sends ahead; at 20,000 events of 40 bytes each at most 80 MB.
PREFETCH = 100


class LogBatch(Protocol):
    """Some messages of the log, in its order, by positions."""

    @property
    def newest(self) -> int:
        """The position of the last one."""

    def count(
        self, counter: EventCounter, start: int, archive_from: int | None
    ) -> list[NewEvents] | None:
        """Count those at or after `start`, as EventCounter; None where there is none."""


class LogSource(Protocol):
    """Called by the worker's thread alone."""

    def open(
        self, connection: BlockingConnection, start: int | None, counted_to: int, base: int
    ) -> None:
        """Begin at an offset, or at the log's first message; what is before `counted_to` was
        counted. Positions are offsets and `base`.
        """

    def gather(self, patience_seconds: float, more_seconds: Callable[[], float]) -> LogBatch | None:
        """What comes within `patience_seconds`, and some time after its first message."""

    def done(self) -> None:
        """What was gathered is committed."""

    def caught_up_us(self) -> int | None:
        """A time, microseconds, before which nothing came to the door that was not gathered;
        None where that is not known.
        """

    def close(self) -> None:
        """The session ends."""


class MessagesBatch:
    """Messages that this process has read."""

    def __init__(self, messages: Sequence[LogMessage], tracer: "Tracer | None" = None) -> None:
        self._messages = messages
        self._tracer = tracer

    @property
    def newest(self) -> int:
        """As LogBatch."""
        return self._messages[-1].offset

    def count(
        self, counter: EventCounter, start: int, archive_from: int | None
    ) -> list[NewEvents] | None:
        """As LogBatch: of what a stream sends before the position that was asked for, none."""
        wanted = [one for one in self._messages if one.offset >= start]
        if not wanted:
            return None
        # Those before the counter's own position are read again for the archive alone.
        fresh = [
            one.headers
            for one in wanted
            if one.headers and one.offset >= (counter.progress.next_offset or 0)
        ]
        with working(self._tracer, "count", fresh):
            return counter.count(wanted, archive_from)


class MessagesSource:
    """Reads the log in this process."""

    def __init__(
        self, url: str, clock: Callable[[], float] = time.time, tracer: "Tracer | None" = None
    ) -> None:
        """`url` is that of the broker, where the order of several partitions is looked up."""
        self._url = url
        self._tracer = tracer
        self._clock = clock
        self._reader: LogReader | OrderedReader | None = None
        self._base = 0

    def open(
        self, connection: BlockingConnection, start: int | None, counted_to: int, base: int
    ) -> None:
        """As LogSource."""
        self._base = base
        if broker.event_partitions(connection) > 1:
            self._reader = OrderedReader(connection, self._url, start, counted_to, PREFETCH)
        else:
            first = "first" if start is None else start
            self._reader = LogReader(connection, first, PREFETCH, topology.EVENTS_LOG)

    def gather(
        self, patience_seconds: float, more_seconds: Callable[[], float]
    ) -> MessagesBatch | None:
        """As LogSource."""
        if self._reader is None:
            return None
        messages = self._reader.gather(patience_seconds, more_seconds)
        if not messages:
            return None
        placed = [one._replace(offset=one.offset + self._base) for one in messages]
        return MessagesBatch(placed, self._tracer)

    def done(self) -> None:
        """As LogSource."""
        if self._reader is not None:
            self._reader.done()

    def caught_up_us(self) -> int | None:
        """As LogSource: the broker sends at once what comes."""
        return int(self._clock() * MICROSECONDS)

    def close(self) -> None:
        """As LogSource: the reader ends with its connection."""
        self._reader = None
