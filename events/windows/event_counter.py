"""Counts messages of the log into the state: what a worker and a recount have in common.

Steps 1 to 6 of the critical sequence (events/worker.py).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

import structlog

from events.windows import isolation
from events.windows.arrivals import Arrivals, Step, no_step
from events.windows.attributing import Attributing
from events.windows.counting_stage import CountingStage, MessagesHere
from events.windows.decoding import Decoded, MessageDecoder
from events.windows.deduplication import NewEvents, new_events
from events.windows.executors_stage import ExecutorsStage, MessagesElsewhere
from events.windows.figures import Aside, Progress, StreamFigures
from events.windows.merging import WindowRows
from events.windows.row_identities import Rows
from events.windows.state_file import State
from events.windows.window_counting import WindowCounting
from tillstream.clock import Clock
from tillstream.log.reader import LogMessage
from tillstream.streams.definition import MICROSECONDS, Definitions, Stream

log = structlog.get_logger()


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
        self._step = step
        self._all_columns = all_columns
        self._attributing = attributing
        self._begun = begun
        self._arrivals = Arrivals(self.counting, state, self._streams, attributing, step, erase)
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
        return self._take(MessagesHere(self._arrivals, self._decoder, messages), archive_from)

    def count_elsewhere(
        self, messages: MessagesElsewhere, archive_from: int | None = None
    ) -> list[NewEvents]:
        """The same for messages that other processes read, and make the partial figures of.

        Where an event cannot be counted all of them are counted here, which finds it. So are
        messages that are read again: what an attribution held is not to be lost half-way.
        """
        if any(not self._arrivals.is_fresh(position) for position, _ in messages.heads[:1]):
            return self.count(messages.fetch(None), archive_from)
        stage = ExecutorsStage(self._arrivals, self._decoder, messages, self._is_needed)
        try:
            return self._take(stage, archive_from)
        except Exception as error:  # noqa: BLE001 - whatever an event raises is of that event
            isolation.require_events_fault(error)
            log.warning("a batch is counted event by event", reason=str(error)[:500])
        return self.count(messages.fetch(None), archive_from)

    def _take(self, stage: CountingStage, archive_from: int | None) -> list[NewEvents]:
        self._step(1)
        with self._transaction():
            begin = self.progress.next_offset or 0
            found: list[NewEvents] = []
            fresh = False
            for some in stage.read():
                found += some
                new = [one for one in some if one.offset >= begin]
                if new:
                    fresh = True
                    self._step(4)
                    stage.count(new)
                if self._attributing is not None:
                    self._attributing.hear(some)
            self.counting.reach(self._streams, self.progress.log_clock_us)
            self._step(5)
            if fresh and self._streams:
                self.state.identities.prune_some(int(self._clock() // 86_400) - self._identity_days)
            first, last = stage.ends()
            if last is not None and last.offset >= begin:
                self.progress.next_offset = last.offset + 1
                self.progress.last_digest = last.digest
                if self.progress.begin_digest is None and first is not None:
                    self.progress.begin_digest = first.digest
            if self._all_columns:
                needed = begin if self.progress.archive_from is None else self.progress.archive_from
                taken = [one.offset for one in found if len(one.rows) and one.offset >= needed]
                known = [offset for offset in (archive_from, *taken) if offset is not None]
                self.progress.archive_from = min(known, default=None)
            if last is not None:
                read_to = last.offset + 1
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
            self._step(4)
            self._arrivals.count(new)
            self.counting.reach(self._streams, self.progress.log_clock_us)
            self.counting.write()

    def tick(self, archive_from: int | None, *, caught_up: bool, now_us: int | None = None) -> bool:
        """Go on with the clock while nothing comes: rows become final, or are removed. Returns
        whether any did.

        `caught_up`: all of the log was read, so that its clock is the present one, or `now_us`.
        """
        if now_us is None:
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

    def _is_needed(self, stream: Stream) -> bool:
        """Whether the rows of its messages are needed here, for the archive or an attribution."""
        return self._all_columns or (
            self._attributing is not None
            and (stream.has_changes or stream.name in self._attributing.wanted)
        )
