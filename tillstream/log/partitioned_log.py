"""The receipts log as all who count it see it: one, whatever the number of its partitions."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pika.adapters.blocking_connection import BlockingConnection

from tillstream import topology
from tillstream.log import marks
from tillstream.log.continuity import Log, LogEnds
from tillstream.log.marks import Mark
from tillstream.log.positions import Offsets, in_stream, known_as
from tillstream.log.reader import LogMessage
from tillstream.log.whole_log import read_log
from tillstream.runtime import broker
from tillstream.runtime.progress import progress

#: Partitions that are asked for an end at once, each on a connection of its own.
ASKED_AT_ONCE = 8


@dataclass(frozen=True)
class PartitionedLog:
    """Its partitions and marks, as they were when it was opened."""

    url: str
    parts: Mapping[int, LogEnds]
    marks: tuple[Mark, ...] = ()
    #: Whether it ever had more than one partition.
    is_partitioned: bool = False

    @property
    def bound(self) -> int | None:
        """How many are bound, as `broker.bind_log` has it."""
        return len(self.parts) if self.is_partitioned else None

    def first_offsets(self) -> dict[int, int]:
        """Of each partition that holds any message, its first offset."""
        return self._asked(lambda part: part.first_offset())

    def last_offsets(self) -> dict[int, int]:
        """As `first_offsets`, the last ones."""
        return self._asked(lambda part: part.last_offset())

    def read(
        self, stop: threading.Event, lasts: Offsets, starts: Offsets | None = None
    ) -> Iterator[list[LogMessage]]:
        """Every partition from its start to its last message, in the order of the marks.

        A partition without a start is read from its beginning. Raises as `read_log` does.
        """
        ends = {number: last + 1 for number, last in lasts.items()}
        begins = {number: known_as(number, 0) for number in ends} | dict(starts or {})
        for number, begin, end in marks.spans(begins, ends, self.marks):
            stream = topology.partition_stream(number)
            batches = read_log(self.url, stop, in_stream(end - 1), in_stream(begin), stream)
            if number:
                for messages in batches:
                    yield [one._replace(offset=known_as(number, one.offset)) for one in messages]
            else:
                yield from batches

    def read_shown(
        self, stop: threading.Event, lasts: Offsets, starts: Offsets | None = None
    ) -> Iterator[list[LogMessage]]:
        """As `read`, with a bar for whoever waits on a terminal."""
        begins = {number: known_as(number, 0) for number in lasts} | dict(starts or {})
        total = sum(max(0, last + 1 - begins[number]) for number, last in lasts.items())
        with progress("log", "messages", total) as shown:
            for messages in self.read(stop, lasts, starts):
                yield messages
                shown.advance(len(messages))

    def before_last_mark(self, positions: Offsets) -> dict[int, int]:
        """The last messages of what is to be read, from these positions on, before all else."""
        return self._before(self.marks[-1], positions) if self.marks else {}

    def before_next_mark(self, positions: Offsets) -> dict[int, int]:
        """As `before_last_mark`, of what stands before the first mark that is not passed yet.

        No identity is in two partitions of it: they may be read side by side.
        """
        return next(filter(None, (self._before(mark, positions) for mark in self.marks)), {})

    def _before(self, mark: Mark, positions: Offsets) -> dict[int, int]:
        wanted = {
            number: end - 1 for number, end in mark.ends.items() if positions.get(number, 0) < end
        }
        # A log that has lost its end since has no such messages.
        lasts = self.last_offsets() if wanted else {}
        found = {n: min(end, lasts[n]) for n, end in wanted.items() if n in lasts}
        return {n: last for n, last in found.items() if positions.get(n, 0) <= last}

    def _asked(self, ask: Callable[[LogEnds], int | None]) -> dict[int, int]:
        # An empty stream is waited for a second.
        if len(self.parts) == 1:
            found = [ask(part) for part in self.parts.values()]
        else:
            with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
                found = list(pool.map(ask, self.parts.values()))
        pairs = zip(self.parts, found, strict=True)
        return {number: offset for number, offset in pairs if offset is not None}


def opened(log: LogEnds) -> PartitionedLog:
    """The log of the receipts with the partitions that the broker has, or another log as it is."""
    if not isinstance(log, Log) or log.name != topology.RECEIPTS_LOG:
        return PartitionedLog("", {0: log})
    with broker.connect(log.url, "partitions") as connection:
        count = broker.partitions_of(connection)
    if count is None:
        return PartitionedLog(log.url, {0: log})
    parts = {n: Log(log.url, topology.partition_stream(n), n) for n in range(count)}
    return PartitionedLog(log.url, parts, tuple(marks.read(log.url)), is_partitioned=True)


def receipts_log(url: str) -> PartitionedLog:
    """The log of the receipts of a broker; raises pika's errors."""
    return opened(Log(url))


def mark_end(url: str, partitions: int) -> None:
    """Mark the log, where it has partitions: what it holds now comes before all that follows."""
    with broker.connect(url, "partitions", heartbeat_seconds=0) as connection:
        there = broker.partitions_of(connection)
    if there is not None:
        marks.add(url, partitions, there)


def prepare(url: str, partitions: int) -> int | None:
    """Declare the streams of so many partitions, and mark the log where that is another number.

    Whoever is set to a number does so before publishing or reading anything. Returns how many there
    are, those that are not fed any more included; None of a log that never had more than one.
    """
    with broker.connect(url, "partitions", heartbeat_seconds=0) as connection:
        there = broker.partitions_of(connection)
        if partitions == 1 and there is None:
            return None
        channel = connection.channel()
        # Before the exchange: where that is, there are marks to be read.
        broker.declare_queue(channel, topology.marks_queue())
        with broker.as_declared("exchange", topology.RECEIPTS_PARTITIONS):
            channel.exchange_declare(topology.RECEIPTS, "fanout", durable=True)
            channel.exchange_declare(topology.RECEIPTS_PARTITIONS, "direct", durable=True)
        known = marks.read(url) if there else []
        before, there = there or 1, max(partitions, there or 1)
        for queue in topology.partition_queues(there):
            broker.declare_queue(channel, queue)
        if (known[-1].partitions if known else 1) != partitions:
            # Before the new partitions are bound: nothing comes to them yet.
            marks.add(url, partitions, before)
        broker.bind_log(channel, there)
        channel.close()
    return there


def prepared(
    url: str, partitions: int, session: Callable[[BlockingConnection], None]
) -> Callable[[BlockingConnection], None]:
    """A session before which the log is prepared."""

    def run(connection: BlockingConnection) -> None:
        prepare(url, partitions)
        session(connection)

    return run
