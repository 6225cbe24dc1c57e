"""Follows the log of events where it has several partitions, and writes down in what order.

The critical sequence, of what is read at a time:

1. take what has come of each partition; where some may be further behind than others, as after an
   outage, what came to the door before all that is not there yet;
2. write that down as the next step of the order;
3. read the order: the step that comes back is what is counted next, ours, or another one that was
   before it;
4. hand the step's messages on, each with its position.

Killed before 2, nothing was counted. Killed after it, the step is read again, and the same messages
get the same positions.
"""

import bisect
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from pika.adapters.blocking_connection import BlockingConnection

from tillstream.log.order import Order, Span, Step
from tillstream.log.reader import LogMessage, LogReader
from tillstream.runtime import broker
from tillstream.streams.event_partitions import last_offsets, stream_of
from tillstream.streams.partition_messages import timed
from tillstream.streams.step_writer import StepWriter

#: Messages that the broker sends ahead of each partition, at least: with one each would be a step.
_LEAST_AHEAD = 10
#: Between two looks at what has come, seconds.
_LOOK_SECONDS = 0.05


class OrderedReader:
    """As LogReader, by positions. It ends with its connection."""

    def __init__(
        self,
        connection: BlockingConnection,
        url: str,
        position: int | None,
        counted_to: int,
        prefetch: int,
    ) -> None:
        """`position`: where to go on; None before the first message. What is before `counted_to`
        has its positions, whatever is read again.

        Raises LogReplacedError where the order has lost its end.
        """
        partitions = broker.event_partitions(connection)
        self._lasts = last_offsets(url, partitions)
        self._writer = StepWriter(connection, Order(url), counted_to)
        #: Steps that were written before, the next of them, and what is read now.
        self._known: Iterator[Step] = iter(())
        self._ahead: Step | None = None
        self._spans: deque[Span] = deque()
        #: By partition where what is not in order yet begins, and where to begin.
        begins = self._ordered = self._writer.last.ends
        if (begun := position or 0) < self._writer.last.end:
            # Another one's step may be the first.
            self._known = Order(url).steps(begun)
            self._ahead = next(self._known, None)
            begins = begins if self._ahead is None else self._ahead.at(begun)
        each = max(_LEAST_AHEAD, prefetch // partitions)
        self._connection = connection
        self._parts = {
            number: _Partition(
                LogReader(connection, begins.get(number, 0), each, stream_of(number)),
                begins.get(number, 0),
                each,
            )
            for number in range(partitions)
        }

    def gather(
        self, patience_seconds: float, more_seconds: Callable[[], float]
    ) -> list[LogMessage]:
        """See LogReader."""
        deadline = time.monotonic() + patience_seconds
        while not self._spans and self._ahead is not None:
            self._spans.extend(self._ahead.spans())
            self._ahead = next(self._known, None)
        if not self._spans:
            # 1. to 3.
            self._write(deadline, more_seconds)
        # 4.
        while not (messages := self._of_spans()) and self._spans:
            remaining = deadline - time.monotonic()
            self._fill(max(0.0, min(remaining, _LOOK_SECONDS)))
            if remaining <= 0:
                break
        return messages

    def done(self) -> None:
        """See LogReader."""
        for part in self._parts.values():
            part.done()

    @property
    def is_level(self) -> bool:
        """Whether all steps are read, and no partition is further behind than another one."""
        return not (self._spans or self._ahead) and all(
            part.read_to > min(self._ordered.get(number, 0), self._lasts.get(number, -1))
            for number, part in self._parts.items()
        )

    def _write(self, deadline: float, more_seconds: Callable[[], float]) -> None:
        while not self._waiting():
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return
            self._fill(remaining)
        gathered = time.monotonic() + more_seconds()
        while not self._is_enough() and (left := gathered - time.monotonic()) > 0:
            self._fill(left)
        ends = self._ready()
        for part in self._parts.values():
            part.was_full = part.is_full
        if ends:
            for step in self._writer.write(ends):
                self._spans.extend(step.spans())
        else:
            # What is before all of it is on its way.
            self._fill(_LOOK_SECONDS)

    def _ready(self) -> dict[int, int]:
        """By partition to where it can be counted."""
        behind = [
            part
            for number, part in self._parts.items()
            if part.read_to <= self._lasts.get(number, -1) or part.is_full
        ]
        # As of the beginning of the session, and where one has more than was sent ahead. Else each
        # is read as it comes.
        until_us = min((part.newest_us() for part in behind), default=None)
        ends = {number: part.end(until_us) for number, part in self._parts.items()}
        return {number: end for number, end in ends.items() if end is not None}

    def _of_spans(self) -> list[LogMessage]:
        """What is there of the spans to be read."""
        found: list[LogMessage] = []
        while self._spans:
            span = self._spans[0]
            part = self._parts[span.partition]
            found += part.taken(span)
            if part.read_to < span.end:
                break
            self._spans.popleft()
        return found

    def _waiting(self) -> bool:
        return any(part.messages for part in self._parts.values())

    def _is_enough(self) -> bool:
        parts = self._parts.values()
        # What had more than was sent ahead has more on its way.
        return any(part.is_full for part in parts) and all(
            part.is_full or not part.was_full for part in parts
        )

    def _fill(self, patience_seconds: float) -> None:
        if patience_seconds > 0:
            self._connection.process_data_events(patience_seconds)
        for part in self._parts.values():
            part.fill()


class _Partition:
    """What has come of a partition and was not taken yet: no more than the prefetch."""

    def __init__(self, reader: LogReader, begin: int, prefetch: int) -> None:
        self.messages: deque[LogMessage] = deque()
        #: The offset to go on from, behind what was taken.
        self.read_to = begin
        #: Whether that was so when the last step was written.
        self.was_full = False
        self._reader, self._begin = reader, begin
        self._prefetch = prefetch
        #: Messages that the broker has sent since it was last told that it may send more.
        self._sent = 0
        #: Of the first of those messages the newest of the door's times up to each.
        self._times: deque[int] = deque()

    def fill(self) -> None:
        """Take over what the connection has received."""
        messages = self._reader.read(0)
        self._sent += len(messages)
        # The broker may begin before.
        self.messages.extend(one for one in messages if one.offset >= self._begin)

    def done(self) -> None:
        """The broker may send more, once nothing waits here."""
        if not self.messages:
            self._reader.done()
            self._sent = 0

    @property
    def is_full(self) -> bool:
        """Whether the broker sends no more before some of it is taken."""
        return self._sent >= self._prefetch and bool(self.messages)

    def newest_us(self) -> int:
        """Up to when of the door's clock everything is there, microseconds; -1 without messages."""
        return self._timed()[-1] if self.messages else -1

    def end(self, until_us: int | None) -> int | None:
        """Behind the last message that came to the door until then; None without one."""
        here = len(self.messages)
        if until_us is not None:
            here = bisect.bisect_right(self._timed(), until_us)
        return self.messages[here - 1].offset + 1 if here else None

    def _timed(self) -> deque[int]:
        # Asked again and again while much waits, and each costs an Arrow stream that is opened.
        known = self._times[-1] if self._times else 0
        new = islice(self.messages, len(self._times), None)
        self._times.extend(time_us for time_us, _ in timed(new, known))
        return self._times

    def taken(self, span: Span) -> Iterator[LogMessage]:
        """The span's messages that are there, with their positions."""
        while self.messages and self.messages[0].offset < span.end:
            message = self.messages.popleft()
            if self._times:
                self._times.popleft()
            self.read_to = message.offset + 1
            yield span.placed(message)
        if self.messages:
            # Between two offsets there are holes.
            self.read_to = max(self.read_to, span.end)
