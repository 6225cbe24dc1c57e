"""What the totals worker counts: parts of the log, decoded here or elsewhere."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from analytics.counting import isolation
from analytics.counting.isolation import Batch
from tillstream.log.partitions_reader import PartitionsReader
from tillstream.log.positions import partition_of
from tillstream.log.reader import LogMessage, message_digest
from tillstream.stores import StoreTable


class LogPart(Protocol):
    """Some messages of one partition of the log, at least one, in its order."""

    @property
    def last(self) -> tuple[int, bytes]:
        """The offset of the last message, and its digest."""

    def following(self, next_offset: int) -> "LogPart | None":
        """What of it is not before an offset, if anything is."""

    def batches(self, stores: StoreTable) -> Iterable[Batch]:
        """All of it as it is counted; what cannot be decoded is aside."""

    def messages(self) -> Sequence[LogMessage]:
        """The messages as they came."""


class LogSource(Protocol):
    """Where parts of the log come from, in its order."""

    def gather(
        self, patience_seconds: float, more_seconds: Callable[[], float]
    ) -> Sequence[LogPart]:
        """What comes within `patience_seconds`, and within `more_seconds` of the first, asked
        then; may be empty. Raises pika's errors on a loss.
        """

    def done(self) -> None:
        """All that was gathered is committed."""

    def close(self) -> None:
        """Nothing more is wanted."""


class Messages:
    """Messages that are decoded by the worker itself."""

    def __init__(self, messages: Sequence[LogMessage]) -> None:
        """Of at least one message."""
        self._messages = messages

    @property
    def last(self) -> tuple[int, bytes]:
        """The offset of the last message, and its digest."""
        return self._messages[-1].offset, message_digest(self._messages[-1])

    def following(self, next_offset: int) -> "Messages | None":
        """What of it is not before an offset, if anything is."""
        fresh = [each for each in self._messages if each.offset >= next_offset]
        return Messages(fresh) if fresh else None

    def batches(self, stores: StoreTable) -> Iterable[Batch]:
        """All of it as it is counted; what cannot be decoded is aside."""
        return isolation.read_batches(self._messages, stores)

    def messages(self) -> Sequence[LogMessage]:
        """The messages as they came."""
        return self._messages


def by_partition(messages: Sequence[LogMessage]) -> list[Messages]:
    """Messages of the log as one part of each partition that any is of."""
    parts: dict[int, list[LogMessage]] = {}
    for message in messages:
        parts.setdefault(partition_of(message.offset), []).append(message)
    return [Messages(part) for part in parts.values()]


def traced(parts: Iterable[LogPart | None]) -> Iterator[Mapping[str, Any]]:
    """The headers of the messages that name traces; of those read here."""
    for part in parts:
        if isinstance(part, Messages):
            for each in part.messages():
                if each.headers is not None:
                    yield each.headers


class FollowedLog:
    """The log as its reader gives it."""

    def __init__(self, reader: PartitionsReader) -> None:
        self._reader = reader

    def gather(
        self, patience_seconds: float, more_seconds: Callable[[], float]
    ) -> Sequence[Messages]:
        """What comes within `patience_seconds`, and within `more_seconds` of the first."""
        messages = self._reader.gather(patience_seconds, more_seconds)
        return by_partition(messages)

    def done(self) -> None:
        """All that was gathered is committed: the broker may send more."""
        self._reader.done()

    def close(self) -> None:
        """Nothing: a reader ends with its connection."""
