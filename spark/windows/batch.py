"""A micro-batch of the log of events, as the events worker counts it."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Self

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame

from events.windows import declared
from events.windows.deduplication import NewEvents
from events.windows.event_counter import EventCounter
from events.windows.executors_stage import Counted
from events.windows.message_heads import MessageHead
from events.windows.partials import Partials
from spark.driver.micro_batches import SPARK_ERRORS
from spark.windows import window_engine
from spark.windows.heads import read_head
from spark.windows.places import ByOffset, Places
from spark.windows.rows import RowsOfStream, messages_of, rows_of
from tillstream.log.positions import in_stream, partition_of
from tillstream.log.reader import LogMessage
from tillstream.streams.definition import Stream, Window

#: Offsets that are asked for by name; beyond, all messages are fetched.
_NAMED = 1_000
#: Whether a message of a stream at a position is counted by the worker itself.
IsCountedHere = Callable[[str, int], bool]


class SparkBatch:
    """Messages that stay with Spark until `release`; they have positions once they are `placed`.

    Messages are read from the broker once: the first job keeps them, bodies and all, and gives the
    heads.
    """

    def __init__(
        self,
        messages: DataFrame,
        is_counted_here: IsCountedHere,
        least_events: int = 0,
    ) -> None:
        """`messages` has the columns of heads.SCHEMA, of several partitions as places.py has them;
        with fewer than `least_events` the driver counts them. Raises what Spark does.
        """
        self._least_events = least_events
        self._is_counted_here = is_counted_here
        self._messages = messages.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            found = self._messages.select("log_offset", "head").toArrow()
        except BaseException:
            self.release()
            raise
        offsets, heads = (found.column(name).to_pylist() for name in ("log_offset", "head"))
        self._heads = sorted(zip(offsets, heads, strict=True))
        self._places: Places = ByOffset(0)
        self.heads: Sequence[tuple[int, MessageHead]] = []

    @property
    def ends(self) -> dict[int, int]:
        """By partition behind the last message."""
        return {partition_of(offset): in_stream(offset) + 1 for offset, _ in self._heads}

    def placed(self, places: Places) -> Self:
        """Itself, with the positions of its messages."""
        self._places = places
        self.heads = sorted(
            ((places.position(offset), read_head(head)) for offset, head in self._heads),
            key=lambda one: one[0],
        )
        return self

    @property
    def newest(self) -> int:
        """The position of the last message; there is one in every batch."""
        return self.heads[-1][0]

    def count(
        self,
        counter: EventCounter,
        start: int,  # noqa: ARG002 # the source begins there
        archive_from: int | None,
    ) -> list[NewEvents] | None:
        """As LogBatch."""
        found = (head.identities for _, head in self.heads)
        if sum(0 if one is None else one.rows for one in found) < self._least_events:
            return counter.count(self.fetch(None), archive_from)
        return counter.count_elsewhere(self, archive_from)

    def partials(
        self, stream: Stream, windows: Sequence[Window], counted: Counted
    ) -> list[Partials]:
        """As MessagesElsewhere."""
        names = frozenset(declared.wanted_columns(stream, tuple(windows)))
        offsets = {self._places.offset(position): first for position, first in counted.items()}
        rows = RowsOfStream(stream, names, offsets)
        return window_engine.count(rows_of(self._bodies(), rows), stream, windows)

    def fetch(self, positions: Collection[int] | None) -> list[LogMessage]:
        """As MessagesElsewhere."""
        messages = self._bodies()
        wanted = None if positions is None else set(map(self._places.offset, positions))
        if wanted is not None and len(wanted) <= _NAMED:
            messages = messages.where(messages.log_offset.isin(sorted(wanted)))
        found: pa.Table = messages.toArrow()
        read = [one for batch in found.to_batches() for one in messages_of(batch, wanted)]
        placed = (one._replace(offset=self._places.position(one.offset)) for one in read)
        return sorted(placed, key=lambda one: one.offset)

    def is_counted_here(self, stream: str, position: int) -> bool:
        """As MessagesElsewhere."""
        return self._is_counted_here(stream, position)

    def release(self) -> None:
        """It is committed, or will not be; a JVM that has ended keeps nothing either."""
        with suppress(*SPARK_ERRORS):
            self._messages.unpersist()

    def _bodies(self) -> DataFrame:
        return self._messages.select("log_offset", "body", "content_type", "content_encoding")
