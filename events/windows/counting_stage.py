"""Where messages are read and counted: what counting asks of it, and the one of this process.

A stage does what is without a state: it decodes messages and makes partial figures of their events.
The other one has them from executors (executors_stage.py).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from events.windows.arrivals import Arrivals
from events.windows.decoding import MessageDecoder
from events.windows.deduplication import NewEvents
from events.windows.figures import Aside
from events.windows.tables import chunks
from tillstream.log.reader import LogMessage, message_digest


class Mark(NamedTuple):
    """A message of the log, by its position, and the digest of its body."""

    offset: int
    digest: bytes


class CountingStage(Protocol):
    """Some messages of the log, in its order. Everything is a part of the state's transaction."""

    def ends(self) -> tuple[Mark | None, Mark | None]:
        """The first message and the last one; None of no messages."""

    def read(self) -> Iterator[list[NewEvents]]:
        """Steps 2 and 3: the events of each message that did not come before, in bounded lists."""

    def count(self, new: Sequence[NewEvents]) -> None:
        """Step 4, of some that were read: partial figures, merged."""


class MessagesHere:
    """Messages that are decoded by this process, and counted by DuckDB."""

    def __init__(
        self, arrivals: Arrivals, decoder: MessageDecoder, messages: Sequence[LogMessage]
    ) -> None:
        self._arrivals = arrivals
        self._decoder = decoder
        self._messages = messages

    def ends(self) -> tuple[Mark | None, Mark | None]:
        """As CountingStage."""
        if not self._messages:
            return None, None
        first, last = self._messages[0], self._messages[-1]
        return Mark(first.offset, message_digest(first)), Mark(last.offset, message_digest(last))

    def read(self) -> Iterator[list[NewEvents]]:
        """As CountingStage."""
        self._arrivals.step(2)
        return chunks(self._read())

    def count(self, new: Sequence[NewEvents]) -> None:
        """As CountingStage."""
        self._arrivals.count(new)

    def _read(self) -> Iterator[NewEvents]:
        for message in self._messages:
            decoded = self._decoder.decode(message)
            if isinstance(decoded, Aside):
                self._arrivals.put_aside(decoded)
            else:
                yield self._arrivals.new(decoded)
