"""Counts messages of the log into the state: what a worker and a recount have in common.

Steps 1 to 6 of the critical sequence (events/worker.py).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from events.windows.attributing import Attributing
from events.windows.decoding import Decoded, MessageDecoder
from events.windows.deduplication import NewEvents, Rows, new_events
from events.windows.figures import Aside, Progress, StreamFigures
from events.windows.merging import WindowRows
from events.windows.state_file import State
from events.windows.tables import chunks, event_table
from events.windows.window_counting import WindowCounting
from tillstream.clock import Clock
from tillstream.log.reader import LogMessage, message_digest
from tillstream.streams.definition import MICROSECONDS, Definitions

#: Called before each numbered step, for tests that stop there.
Step = Callable[[int], None]


def no_step(_: int) -> None:
    """Go on."""


class EventCounter:
    """One writer of a state. It holds what the state's last commit says."""

    def __init__(
        self,
        state: State,
        definitions: Definitions,
        clock: Clock,
        *,
        identity_days: int = 400,
        all_columns: bool = False,
        step: Step = no_step,
        erase: Callable[[Decoded], Decoded] = lambda decoded: decoded,
        attributing: Attributing | None = None,
        begun: Callable[[], None] = lambda: None,
    ) -> None:
        """`all_columns`: for an archive; `erase` takes out of the log what was erased since;
        `begun` is called when a transaction has begun, and may raise.
        """
        self.counting = WindowCounting(state, definitions, clock)
        self.state = state
        self._streams = definitions.events
        self._clock = clock
        self._identity_days = identity_days
        self._step, self._erase = step, erase
        self._all_columns = all_columns
        self._attributing = attributing
        self._begun = begun
        self._decoder = MessageDecoder(self._streams, None if all_columns else self._wanted())

    @property
    def progress(self) -> Progress:
        """How far the log was counted."""
        return self.counting.progress

    @property
    def streams(self) -> dict[str, StreamFigures]:
        """What was heard of each stream, by name."""
        return self.counting.streams

    @property
    def windows(self) -> dict[str, WindowRows]:
        """The declared windows."""
        return self.counting.windows

    def count(
        self, messages: Sequence[LogMessage], archive_from: int | None = None
    ) -> list[NewEvents]:
        """Steps 1 to 6 for messages of the log, their offsets being positions.

        `archive_from` is the smallest position that the archive has taken and not written.

        Returns their events that did not come before, for the archive. Of messages that were
        counted already nothing is counted again. Raises what no event is to blame for; then nothing
        has changed.
        """
        self._step(1)
        with self._transaction():
            begin = self.progress.next_offset or 0
            found: list[NewEvents] = []
            fresh = False
            for some in chunks(self._read(messages)):
                found += some
                new = [one for one in some if one.offset >= begin]
                if new:
                    fresh = True
                    self._count(new)
                if self._attributing is not None:
                    self._attributing.hear(some)
            self.counting.reach(self._streams, self.progress.log_clock_us)
            self._step(5)
            if fresh and self._streams:
                self.state.identities.prune_some(int(self._clock() // 86_400) - self._identity_days)
            if messages and messages[-1].offset >= begin:
                self.progress.next_offset = messages[-1].offset + 1
                self.progress.last_digest = message_digest(messages[-1])
                if self.progress.begin_digest is None:
                    self.progress.begin_digest = message_digest(messages[0])
            if self._all_columns:
                needed = begin if self.progress.archive_from is None else self.progress.archive_from
                taken = [one.offset for one in found if len(one.rows) and one.offset >= needed]
                known = [offset for offset in (archive_from, *taken) if offset is not None]
                self.progress.archive_from = min(known, default=None)
            if messages:
                read_to = messages[-1].offset + 1
                self._attribute(self.progress.log_clock_us, read_to, caught_up=read_to >= begin)
            self.counting.write()
            self._step(6)
        return found

    def count_archived(
        self, messages: Sequence[tuple[Decoded, Rows]], aside: Sequence[Aside] = ()
    ) -> None:
        """Count what the archive has of messages, the rows being their numbers there."""
        with self.counting.transaction():
            self.counting.put_aside(aside, self.state.put_aside)
            new = []
            for decoded, rows in messages:
                stream = self._streams[decoded.stream]
                new.append(new_events(decoded, stream, self.state.identities, rows))
                self.progress.log_clock_us = max(self.progress.log_clock_us, decoded.received_us)
            self._count(new)
            self.counting.reach(self._streams, self.progress.log_clock_us)
            self.counting.write()

    def tick(self, archive_from: int | None, *, caught_up: bool) -> bool:
        """Go on with the clock while nothing comes: rows become final, or are removed. Returns
        whether any did.

        `caught_up`: all of the log was read, so that its clock is the present one.
        """
        now_us = int(self._clock() * MICROSECONDS)
        clock_us = max(self.progress.log_clock_us, now_us if caught_up else 0)
        due = self.counting.is_due(self._streams, clock_us) or (
            self._attributing is not None
            and self._attributing.is_due(self.counting.heard, clock_us)
        )
        if not due and archive_from == self.progress.archive_from:
            return False
        with self._transaction():
            self.progress.archive_from = archive_from
            if due:
                self.counting.reach(self._streams, clock_us)
                self._attribute(clock_us)
            self.counting.write()
        return due

    def forget(self) -> None:
        """Undo what is not committed, in memory too."""
        self.counting.forget()
        if self._attributing is not None:
            self._attributing.undone()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """As that of the windows; the attributions' memory follows it."""
        try:
            with self.counting.transaction():
                self._begun()
                yield
        except BaseException:
            if self._attributing is not None:
                self._attributing.undone()
            raise
        if self._attributing is not None:
            self._attributing.committed()

    def _attribute(
        self, clock_us: int, read_to: int | None = None, *, caught_up: bool = True
    ) -> None:
        if self._attributing is not None:
            self._attributing.take(
                self.counting.heard,
                clock_us,
                self.counting.change(),
                read_to,
                caught_up=caught_up,
            )

    def _wanted(self) -> dict[str, Collection[str]]:
        """The columns that windows and attributions read."""
        more = {} if self._attributing is None else self._attributing.wanted
        return {name: {*self.counting.wanted[name], *more.get(name, ())} for name in self._streams}

    def _read(self, messages: Sequence[LogMessage]) -> Iterator[NewEvents]:
        """Steps 2 and 3: the events of each message that did not come before."""
        self._step(2)
        begin = self.progress.next_offset or 0
        for message in messages:
            decoded = self._decoder.decode(message)
            is_fresh = message.offset >= begin
            if isinstance(decoded, Aside):
                if is_fresh:
                    self.counting.put_aside([decoded], self.state.put_aside)
                continue
            self._step(3)
            if self._attributing is not None:
                self._attributing.came_back(decoded)
            stream = self._streams[decoded.stream]
            new = new_events(self._erase(decoded), stream, self.state.identities)
            if is_fresh:
                self.streams[stream.name].duplicates += new.duplicates
                self.progress.log_clock_us = max(self.progress.log_clock_us, new.received_us)
            yield new

    def _count(self, some: list[NewEvents]) -> None:
        """Step 4: partial figures, merged, all windows of a stream together."""
        self._step(4)
        by_stream: dict[str, list[NewEvents]] = {}
        for one in some:
            by_stream.setdefault(one.stream, []).append(one)
        for name, events in by_stream.items():
            events = self.counting.heard.hear(name, events)
            if events:
                self.counting.count(name, partial(event_table, events), self.state.put_aside)
