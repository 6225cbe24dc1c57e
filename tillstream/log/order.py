"""In what order the messages of the partitions of the log of events are counted: steps, a stream.

The one who counts reads the partitions side by side, and writes down what it takes before it counts
it. So every message has one position, whoever reads the log again, and when. Of steps that begin at
the same position the first one counts (docs/decisions/0031-log-in-partitions.md).
"""

import bisect
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import NamedTuple

import msgspec

from tillstream import topology
from tillstream.log import looking_up
from tillstream.log.reader import LogMessage
from tillstream.log.whole_log import LogSilentError, read_log

#: With so many steps or fewer none is searched for: all are read.
_FEW = 5_000
#: A step that was overtaken is among as many that follow each other.
_NEAR = 3


class Span(NamedTuple):
    """Messages of one partition that follow each other: [begin, end) in its stream."""

    partition: int
    begin: int
    end: int
    #: That of the message at `begin`; the others follow, offset by offset.
    position: int

    def placed(self, message: LogMessage) -> LogMessage:
        """A message of the span, known by its position instead of its offset."""
        return message._replace(offset=self.position_of(message.offset))

    def position_of(self, offset: int) -> int:
        """The position of the message at an offset of the span."""
        return self.position + offset - self.begin

    def offset_of(self, position: int) -> int:
        """The other way round."""
        return self.begin + position - self.position


class Step(msgspec.Struct, frozen=True):
    """Messages that are counted one after the other: of each partition in turn a span."""

    #: Of the first message.
    position: int
    #: By partition the offsets in its stream; of those that have none of it, too.
    begins: dict[int, int]
    ends: dict[int, int]

    @property
    def end(self) -> int:
        """The position of what follows."""
        return self.position + sum(self.ends.values()) - sum(self.begins.values())

    def spans(self) -> Iterator[Span]:
        """In their order, none of them empty."""
        position = self.position
        for partition, end in sorted(self.ends.items()):
            begin = self.begins[partition]
            if begin < end:
                yield Span(partition, begin, end, position)
            position += end - begin

    def at(self, position: int) -> dict[int, int]:
        """By partition where to go on from a position of this step."""
        found = dict(self.begins)
        for span in self.spans():
            read = min(max(0, position - span.position), span.end - span.begin)
            found[span.partition] = span.begin + read
        return found

    def follows(self, before: "Step") -> bool:
        """Whether it goes on where another one ended, in each partition."""
        begins = {**dict.fromkeys(self.begins, 0), **before.ends}
        return (self.position, self.begins) == (before.end, begins)

    def followed_by(self, ends: Mapping[int, int]) -> "Step":
        """The next step, which reads each partition to `ends`; a new one from its beginning."""
        begins = {**dict.fromkeys(ends, 0), **self.ends}
        return Step(self.end, begins, {**begins, **ends})


decoder = msgspec.json.Decoder(Step)


def of_first_stream(position: int) -> Step:
    """What was counted before the log had several partitions: all of it is in the first one."""
    return Step(0, {0: 0}, {0: position})


def continuing(found: Iterable[Step]) -> Iterator[Step]:
    """Those that begin where the one before ended."""
    steps = iter(found)
    first = list(islice(steps, _NEAR))
    # The first one of those that were read may be one that was overtaken.
    chains = [list(_chain(first[begin:])) for begin in range(len(first))]
    begun = max(chains, key=len, default=[])
    yield from begun
    if begun:
        yield from _chain(steps, begun[-1])


def _chain(steps: Iterable[Step], before: Step | None = None) -> Iterator[Step]:
    for step in steps:
        if before is None or step.follows(before):
            before = step
            yield step


class Order:
    """The steps that there are on a broker, as of the moment of its making."""

    def __init__(self, url: str) -> None:
        """Looks up the ends of the stream; raises pika's errors."""
        self._url = url
        self.newest = looking_up.last_offset(url, topology.EVENTS_ORDER)
        self._first = (
            None if self.newest is None else looking_up.first_offset(url, topology.EVENTS_ORDER)
        )

    def last(self) -> Step | None:
        """The newest step; None where there is none."""
        if self.newest is None:
            return None
        tail = list(continuing(self._read(self.newest - 2 * _NEAR, None)))
        return tail[-1]

    def steps(self, position: int = 0, stop: threading.Event | None = None) -> Iterator[Step]:
        """From the step that has a position on, in their order.

        Raises StoppedError, LogTruncatedError, and pika's errors.
        """
        if self.newest is None or self._first is None:
            return
        found = self._first_where(lambda step: step.end > position)
        begun = continuing(self._read((self.newest if found is None else found) - _NEAR, stop))
        if (first := next(begun, None)) is None:
            return
        if self._first == 0 and first.position > position and self._is_first(first):
            yield of_first_stream(first.position)
        yield from (step for step in chain([first], begun) if step.end > position)

    def first_where(self, is_so: Callable[[Step], bool]) -> Step | None:
        """The first step of which something is so that is so of all later ones, too."""
        offset = self._first_where(is_so)
        return None if offset is None else self._at(offset)

    def begins_at(self) -> int | None:
        """The position that the first step of all has; None where it is gone, or none is there."""
        return self._at(0).position if self._first == 0 else None

    def _is_first(self, step: Step) -> bool:
        return step == self._at(0)

    def _first_where(self, is_so: Callable[[Step], bool]) -> int | None:
        if self.newest is None or self._first is None:
            return None
        if self.newest - self._first <= _FEW:
            found = enumerate(self._read(self._first, None), self._first)
            return next((offset for offset, step in found if is_so(step)), None)
        offsets = range(self._first, self.newest + 1)
        place = bisect.bisect_left(offsets, True, key=lambda offset: is_so(self._at(offset)))
        return offsets[place] if place < len(offsets) else None

    def _at(self, offset: int) -> Step:
        found = looking_up.message_from(self._url, offset, topology.EVENTS_ORDER)
        if found is None:
            raise LogSilentError(f"{topology.EVENTS_ORDER} does not deliver offset {offset}")
        return decoder.decode(found.body)

    def _read(self, begin: int, stop: threading.Event | None) -> Iterator[Step]:
        batches: Iterator[list[LogMessage]] = read_log(
            self._url,
            stop or threading.Event(),
            self.newest,
            max(begin, self._first or 0),
            topology.EVENTS_ORDER,
        )
        return (decoder.decode(message.body) for messages in batches for message in messages)
