"""What is done with each message of the log once it is read, wherever that was, and with what of
it did not come before: steps 3 and 4 of the critical sequence (events/worker.py).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from events.windows.attributing import Attributing
from events.windows.decoding import Decoded
from events.windows.deduplication import NewEvents, new_events
from events.windows.figures import Aside
from events.windows.state_file import State
from events.windows.tables import event_table
from events.windows.window_counting import WindowCounting
from tillstream.streams.definition import Stream

#: Called before each numbered step, for tests that stop there.
Step = Callable[[int], None]


def no_step(_: int) -> None:
    """Go on."""


class Arrivals:
    """Everything is a part of the state's transaction."""

    def __init__(
        self,
        counting: WindowCounting,
        state: State,
        streams: Mapping[str, Stream],
        attributing: Attributing | None,
        step: Step,
        erase: Callable[[Decoded], Decoded],
    ) -> None:
        self.counting = counting
        self.state = state
        self.streams = streams
        self.step = step
        self._attributing = attributing
        self._erase = erase

    def is_fresh(self, offset: int) -> bool:
        """Whether the message was not counted before."""
        return offset >= (self.counting.progress.next_offset or 0)

    def put_aside(self, one: Aside) -> None:
        """A message that has no events for us."""
        if self.is_fresh(one.offset):
            self.counting.put_aside([one], self.state.put_aside)

    def came_back(self, decoded: Decoded) -> None:
        """A message was read; it may be one that was made here."""
        if self._attributing is not None:
            self._attributing.came_back(decoded)

    def new(self, decoded: Decoded) -> NewEvents:
        """The events of a message that did not come before, without what was erased since."""
        self.step(3)
        self.came_back(decoded)
        stream = self.streams[decoded.stream]
        return self.noted(new_events(self._erase(decoded), stream, self.state.identities))

    def noted(self, new: NewEvents) -> NewEvents:
        """The same, once the log's clock and the figures of repetitions have it."""
        if self.is_fresh(new.offset):
            self.counting.streams[new.stream].duplicates += new.duplicates
            progress = self.counting.progress
            progress.log_clock_us = max(progress.log_clock_us, new.received_us)
        return new

    def count(self, some: Sequence[NewEvents]) -> None:
        """Partial figures, merged, all windows of a stream together."""
        by_stream: dict[str, list[NewEvents]] = {}
        for one in some:
            by_stream.setdefault(one.stream, []).append(one)
        for name, events in by_stream.items():
            events = self.counting.heard.hear(name, events)
            if events:
                self.counting.count(name, partial(event_table, events), self.state.put_aside)
