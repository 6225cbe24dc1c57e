"""What the positions of the log of events are in the columns of a micro-batch."""

import re
from typing import NamedTuple, Protocol

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from tillstream import topology
from tillstream.log.order import Step
from tillstream.log.positions import SPAN, in_stream, known_as, partition_of


class Places(Protocol):
    """Of the messages of a batch: `log_offset`, and the position."""

    def position(self, offset: int) -> int:
        """The position of a message."""

    def offset(self, position: int) -> int:
        """The other way round."""


class ByOffset(NamedTuple):
    """Of a log of one partition: positions are offsets and `base`."""

    base: int

    def position(self, offset: int) -> int:
        """See Places."""
        return offset + self.base

    def offset(self, position: int) -> int:
        """See Places."""
        return position - self.base


class ByStep:
    """Of several partitions, whose offsets are as `with_partition` makes them."""

    def __init__(self, step: Step, base: int) -> None:
        self._base = base
        self._spans = {span.partition: span for span in step.spans()}

    def position(self, offset: int) -> int:
        """See Places."""
        span = self._spans[partition_of(offset)]
        return self._base + span.position_of(in_stream(offset))

    def offset(self, position: int) -> int:
        """See Places."""
        place = position - self._base
        span = max(
            (one for one in self._spans.values() if one.position <= place),
            key=lambda one: one.position,
        )
        return known_as(span.partition, span.offset_of(place))


def with_partition(messages: DataFrame) -> DataFrame:
    """Messages of several partitions: `log_offset` says of which, as in positions.py."""
    number = f.regexp_replace(f.col("log_stream"), f"^{re.escape(topology.EVENTS_LOG)}[.]?", "")
    partition = f.coalesce(f.nullif(number, f.lit("")), f.lit("0")).cast("bigint")
    return messages.withColumn("log_offset", partition * f.lit(SPAN) + f.col("log_offset"))
