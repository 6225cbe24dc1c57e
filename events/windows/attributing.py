"""What counting asks of the attributions beside it: they get the same events in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from events.windows.decoding import Decoded
from events.windows.deduplication import NewEvents
from events.windows.heard_streams import HeardStreams


class Attributing(Protocol):
    """Called by one thread. Between two transactions it holds what the last commit says."""

    @property
    def wanted(self) -> Mapping[str, Collection[str]]:
        """The columns that are read, by stream."""

    def came_back(self, decoded: Decoded) -> None:
        """A message was read from the log; it may be one that was made here."""

    def hear(self, events: Sequence[NewEvents]) -> None:
        """Events that did not come before, in the order of the log; also of messages that are read
        again. They are looked at by `take`.
        """

    def is_due(self, heard: HeardStreams, clock_us: int) -> bool:
        """Whether something is to be done without an event, at a time of the log's clock."""

    def take(
        self,
        heard: HeardStreams,
        clock_us: int,
        change: int,
        read_to: int | None = None,
        *,
        caught_up: bool = True,
    ) -> None:
        """Make rows of what was heard, and write them and all figures to the state; once in a
        transaction, its last step.

        `read_to` is the position after the last message, None without one; `change` the number of
        the commit. `caught_up`: no event that was counted before is beyond that position.
        """

    def committed(self) -> None:
        """The transaction is durable."""

    def undone(self) -> None:
        """The transaction was rolled back; the log is read again from `read_from`."""
