"""The messages of one partition of the log of events: those of a span, and when they came."""

from collections.abc import Iterable, Iterator

from tillstream.log.order import Span
from tillstream.log.reader import LogMessage
from tillstream.streams.message import received_us


class PartitionMessages:
    """The messages of a partition, one span after the other."""

    def __init__(self, messages: Iterator[LogMessage]) -> None:
        """`messages` of its stream, from the first span on."""
        self._messages = messages
        self._next = next(self._messages, None)

    def of_span(self, span: Span) -> Iterator[LogMessage]:
        """Those of a span, with their positions."""
        while self._next is not None and self._next.offset < span.end:
            yield span.placed(self._next)
            self._next = next(self._messages, None)


def timed(messages: Iterable[LogMessage], newest_us: int = 0) -> Iterator[tuple[int, LogMessage]]:
    """Each message of a partition with the newest of the door's times up to it, microseconds."""
    for message in messages:
        taken_us = received_us(message.body, message.content_type, message.content_encoding)
        newest_us = max(newest_us, taken_us)
        yield newest_us, message
