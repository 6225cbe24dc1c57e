"""The log of events as all who count it see it: one, whatever the number of its partitions.

Its messages are known by one position each: of a log that never had more than one partition their
offset, else as the order of the partitions says (tillstream/log/order.py).
"""

import threading
from collections.abc import Iterator, Mapping
from heapq import merge
from typing import NamedTuple

from tillstream import topology
from tillstream.log import looking_up
from tillstream.log.continuity import Log, LogReplacedError
from tillstream.log.order import Order, Span, Step, of_first_stream
from tillstream.log.reader import LogMessage
from tillstream.log.whole_log import read_log
from tillstream.runtime import broker
from tillstream.streams.event_partitions import first_offsets, last_offsets, stream_of
from tillstream.streams.partition_messages import PartitionMessages, timed
from tillstream.streams.step_writer import MEND, StepWriter

#: Messages that are handed on together, about.
_TOGETHER = 200


class EventsLog(NamedTuple):
    """The log of a broker. What it says is as of the moment it is asked; pika's errors are raised.

    A LogEnds (continuity.py) by positions.
    """

    url: str

    def first_offset(self) -> int | None:
        """The position from which on every message is there; None where none is."""
        partitions = self._partitions()
        if partitions == 1:
            return self._single.first_offset()
        firsts = first_offsets(self.url, partitions)
        if not firsts:
            return None
        order = Order(self.url)
        begins_at, last = order.begins_at(), order.last()
        if last is None:
            # All of the first partition's, and of the others what is there will follow.
            return firsts.get(0, 0)
        others_begin = any(first for partition, first in firsts.items() if partition)
        if begins_at and firsts.get(0, begins_at) < begins_at and not others_begin:
            return firsts[0]
        found = order.first_where(lambda step: _is_there(step, firsts))
        return last.end if found is None else found.position

    def last_offset(self) -> int | None:
        """The position of the last message, what is not ordered yet counted in; None without one.

        That may be a position that no message has: between two of them there are holes.
        """
        partitions = self._partitions()
        if partitions == 1:
            return self._single.last_offset()
        last = Order(self.url).last() or of_first_stream(0)
        more = sum(
            max(0, offset + 1 - last.ends.get(partition, 0))
            for partition, offset in last_offsets(self.url, partitions).items()
        )
        return last.end + more - 1 if last.end + more else None

    def last_fixed(self) -> int | None:
        """The last position that a message has for good: what is not in order yet has none."""
        if self._partitions() == 1:
            return self._single.last_offset()
        last = Order(self.url).last()
        return None if last is None else last.end - 1

    def message_from(self, offset: int) -> LogMessage | None:
        """The first message at or after a position; None where the order ends before it."""
        if self._partitions() == 1:
            return self._single.message_from(offset)
        order = Order(self.url)
        if order.newest is None:
            # What was counted so far is in the first partition.
            return self._single.message_from(offset)
        for step in order.steps(offset):
            for span in step.spans():
                if (found := self._message_in(span, offset)) is not None:
                    return found
        return None

    def first_messages(self) -> list[LogMessage]:
        """The first message of each partition that has any."""
        found = (
            looking_up.message_from(self.url, 0, stream_of(partition))
            for partition in range(self._partitions())
        )
        return [one for one in found if one is not None]

    def require_whole(self) -> None:
        """Raise LogReplacedError where a partition has lost what is in order."""
        partitions = self._partitions()
        if partitions == 1 or (last := Order(self.url).last()) is None:
            return
        lasts = last_offsets(self.url, partitions)
        for number, end in last.ends.items():
            found = lasts.get(number, -1)
            stream = stream_of(number)
            # A broker that is busy may not have sent all of the end.
            if found < end - 1 and not looking_up.message_from(self.url, end - 1, stream):
                raise LogReplacedError(
                    f"{stream} was counted up to offset {end - 1}, but it "
                    + ("is empty" if found < 0 else f"ends at {found}")
                    + f"; {MEND}"
                )

    def read(
        self, stop: threading.Event, last: int | None, start: int = 0
    ) -> Iterator[list[LogMessage]]:
        """The messages from a position to `last`, as far as they are in order; see `read_log`."""
        partitions = self._partitions()
        if partitions == 1:
            yield from read_log(self.url, stop, last, start, topology.EVENTS_LOG)
            return
        if last is None:
            return
        order = Order(self.url)
        if (newest := order.last()) is None:
            # What was counted so far is in the first partition.
            there = self._single.last_offset()
            if there is not None:
                yield from read_log(self.url, stop, min(last, there), start, topology.EVENTS_LOG)
            return
        end = min(last + 1, newest.end)
        yield from self._read_steps(order, newest, start, end, stop)

    def read_all(
        self, stop: threading.Event, counted_to: int, start: int = 0
    ) -> Iterator[list[LogMessage]]:
        """All that is there from a position on: what is in order, and then, by the door's clock and
        with the positions that follow, what is not. Where there is no order yet, what is before
        `counted_to` is the first partition's.
        """
        partitions = self._partitions()
        if partitions == 1:
            last = self._single.last_offset()
            yield from read_log(self.url, stop, last, start, topology.EVENTS_LOG)
            return
        order = Order(self.url)
        newest = order.last()
        ended = newest or of_first_stream(counted_to)
        lasts = last_offsets(self.url, partitions)
        if newest is not None:
            yield from self._read_steps(order, newest, start, newest.end, stop)
        else:
            last = min(counted_to - 1, lasts.get(0, -1))
            yield from read_log(self.url, stop, last, start, topology.EVENTS_LOG)
        yield from self._read_unordered(ended, lasts, stop)

    def _read_steps(
        self, order: Order, newest: Step, start: int, end: int, stop: threading.Event
    ) -> Iterator[list[LogMessage]]:
        ends = newest.ends
        if end < newest.end:
            ends = next((step.at(end) for step in order.steps(end)), ends)
        parts: dict[int, PartitionMessages] = {}
        waiting: list[LogMessage] = []
        for step in order.steps(start, stop):
            for span in step.spans():
                if span.partition not in parts:
                    begin = step.at(start)[span.partition]
                    parts[span.partition] = self._part(span.partition, begin, ends, stop)
                waiting += parts[span.partition].of_span(span)
            if len(waiting) >= _TOGETHER:
                yield waiting
                waiting = []
            if step.end >= end:
                break
        if waiting:
            yield waiting

    def begin_order(self, counted_to: int | None) -> None:
        """Begin the order of a log that has several partitions where it has none: what is before a
        position, or all that is there now, is in the first one.
        """
        if self._partitions() == 1:
            return
        order = Order(self.url)
        if order.newest is None:
            if counted_to is None:
                last = self._single.last_offset()
                counted_to = 0 if last is None else last + 1
            with broker.connect(self.url, "events log") as connection:
                StepWriter(connection, order, counted_to)

    def _read_unordered(
        self, begun: Step, lasts: Mapping[int, int], stop: threading.Event
    ) -> Iterator[list[LogMessage]]:
        parts = [
            timed(self._messages(number, begin, last, len(lasts), stop))
            for number, last in lasts.items()
            if (begin := begun.ends.get(number, 0)) <= last
        ]
        position = begun.end
        for _, message in merge(*parts, key=lambda one: one[0]):
            yield [message._replace(offset=position)]
            position += 1

    @property
    def _single(self) -> Log:
        return Log(self.url, topology.EVENTS_LOG)

    def _partitions(self) -> int:
        with broker.connect(self.url, "events log") as connection:
            return broker.event_partitions(connection)

    def _message_in(self, span: Span, position: int) -> LogMessage | None:
        offset = span.offset_of(max(position, span.position))
        if offset >= span.end:
            return None
        found = looking_up.message_from(self.url, offset, stream_of(span.partition))
        if found is None or found.offset >= span.end:
            return None
        return span.placed(found)

    def _part(
        self, partition: int, begin: int, ends: Mapping[int, int], stop: threading.Event
    ) -> PartitionMessages:
        last = ends.get(partition, 0) - 1
        return PartitionMessages(self._messages(partition, begin, last, len(ends), stop))

    def _messages(
        self, partition: int, begin: int, last: int, beside: int, stop: threading.Event
    ) -> Iterator[LogMessage]:
        for messages in read_log(self.url, stop, last, begin, stream_of(partition), beside):
            yield from messages


def _is_there(step: Step, firsts: Mapping[int, int]) -> bool:
    """Whether partitions that begin at these offsets have what is from a step on."""
    return all(first <= step.begins.get(partition, 0) for partition, first in firsts.items())
