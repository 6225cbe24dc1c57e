"""Counts messages of the log into the state: what a worker and a recount have in common.

Steps 1 to 6 of the critical sequence (events/worker.py).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

import structlog

from events.windows import declared
from events.windows.decoding import Decoded, MessageDecoder
from events.windows.deduplication import NewEvents, Rows, new_events
from events.windows.figures import Aside, Progress, StreamFigures
from events.windows.heard_streams import HeardStreams
from events.windows.merging import WindowRows
from events.windows.partials import PartialCounter
from events.windows.state_file import State
from events.windows.stream_windows import StreamWindows
from events.windows.tables import chunks
from tillstream.clock import Clock
from tillstream.log.reader import LogMessage, message_digest
from tillstream.streams.definition import MICROSECONDS, Definitions

log = structlog.get_logger()

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
    ) -> None:
        """`all_columns`: for an archive; `erase` takes out of the log what was erased since."""
        self.state = state
        self._definitions = definitions
        self._clock = clock
        self._identity_days = identity_days
        self._step, self._erase = step, erase
        self._all_columns = all_columns
        self._change_taken = False
        self.progress: Progress = state.progress()
        self._heard = HeardStreams(state, definitions)
        counters = {name: PartialCounter(one) for name, one in definitions.streams.items()}
        state.begin()
        self.windows = declared.prepare(state, definitions, counters, self.streams)
        state.commit()
        live = [rows for rows in self.windows.values() if not rows.figures.stale]
        self._counted: dict[str, StreamWindows] = {}
        wanted: dict[str, Collection[str]] = {}
        for name, stream in definitions.streams.items():
            ours = [rows for rows in live if rows.window.stream == name]
            self._counted[name] = StreamWindows(state, counters[name], ours)
            wanted[name] = declared.wanted_columns(stream, tuple(rows.window for rows in ours))
        self._decoder = MessageDecoder(definitions, None if all_columns else wanted)

    @property
    def streams(self) -> dict[str, StreamFigures]:
        """What was heard of each stream, by name."""
        return self._heard.figures

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
            self._reach(self.progress.log_clock_us)
            self._step(5)
            if fresh and self._definitions.streams:
                self.state.identities.prune_some(int(self._clock() // 86_400) - self._identity_days)
            if messages and messages[-1].offset >= begin:
                self.progress.next_offset = messages[-1].offset + 1
                self.progress.last_digest = message_digest(messages[-1])
                if self.progress.begin_digest is None:
                    self.progress.begin_digest = message_digest(messages[0])
            if self._all_columns:
                taken = [archive_from, *(one.offset for one in found if len(one.rows))]
                known = [offset for offset in taken if offset is not None]
                self.progress.archive_from = min(known, default=None)
            self._write()
            self._step(6)
        return found

    def count_archived(
        self, messages: Sequence[tuple[Decoded, Rows]], aside: Sequence[Aside] = ()
    ) -> None:
        """Count what the archive has of messages, the rows being their numbers there."""
        with self._transaction():
            self._put_aside(aside)
            new = []
            for decoded, rows in messages:
                stream = self._definitions.streams[decoded.stream]
                new.append(new_events(decoded, stream, self.state.identities, rows))
                self.progress.log_clock_us = max(self.progress.log_clock_us, decoded.received_us)
            self._count(new)
            self._reach(self.progress.log_clock_us)
            self._write()

    def tick(self, archive_from: int | None, *, caught_up: bool) -> bool:
        """Go on with the clock while nothing comes: rows become final, or are removed. Returns
        whether any did.

        `caught_up`: all of the log was read, so that its clock is the present one.
        """
        now_us = int(self._clock() * MICROSECONDS)
        clock_us = max(self.progress.log_clock_us, now_us if caught_up else 0)
        due = any(
            rows.is_due(mark) or rows.has_old(mark, now_us)
            for rows in self._live_windows()
            for mark in [self._heard.watermark(rows.window.stream, clock_us)]
        )
        if not due and archive_from == self.progress.archive_from:
            return False
        with self._transaction():
            self.progress.archive_from = archive_from
            if due:
                self._reach(clock_us)
            self._write()
        return due

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Committed at its end, or undone, in memory too."""
        try:
            self.state.begin()
            yield
            self.state.commit()
        except BaseException:
            self.forget()
            raise

    def forget(self) -> None:
        """Undo what is not committed, in memory too."""
        self.state.rollback()
        self._change_taken = False
        self.progress = self.state.progress()
        self._heard.load()
        for name, figures in self.state.windows().items():
            if name in self.windows:
                self.windows[name].forget(figures)

    def _read(self, messages: Sequence[LogMessage]) -> Iterator[NewEvents]:
        """Steps 2 and 3: the events of each message that did not come before."""
        self._step(2)
        begin = self.progress.next_offset or 0
        for message in messages:
            decoded = self._decoder.decode(message)
            is_fresh = message.offset >= begin
            if isinstance(decoded, Aside):
                if is_fresh:
                    self._put_aside([decoded])
                continue
            self._step(3)
            stream = self._definitions.streams[decoded.stream]
            new = new_events(self._erase(decoded), stream, self.state.identities)
            if is_fresh:
                self.streams[stream.name].duplicates += new.duplicates
                self.progress.log_clock_us = max(self.progress.log_clock_us, new.received_us)
            yield new

    def _count(self, some: list[NewEvents]) -> None:
        """Step 4: partial figures, merged, all windows of a stream together."""
        self._step(4)
        change = self._change()
        by_stream: dict[str, list[NewEvents]] = {}
        for one in some:
            by_stream.setdefault(one.stream, []).append(one)
        for name, events in by_stream.items():
            heard = self.streams[name]
            events = self._heard.hear(name, events)
            if not events:
                continue
            aside = self._counted[name].count(events, heard.watermark_us, change)
            heard.events -= len(aside)
            self._put_aside(aside)

    def _put_aside(self, some: Sequence[Aside]) -> None:
        if not some:
            return
        first = some[0]
        log.error(
            "events are set aside",
            number=len(some),
            offset=first.offset,
            row=first.row,
            stream=first.stream,
            reason=first.reason,
        )
        self.state.put_aside(some)
        if first.stream in self.streams:
            self.streams[first.stream].set_aside += len(some)

    def _change(self) -> int:
        """The number of the commit that is being made."""
        now_us = int(self._clock() * MICROSECONDS)
        if not self._change_taken:
            self.progress.change = max(self.progress.change + 1, now_us)
            self._change_taken = True
        return self.progress.change

    def _reach(self, clock_us: int) -> None:
        """Step 5: the watermarks go on; rows become final, and those that are old are removed."""
        self._heard.go_on(clock_us)
        now_us = int(self._clock() * MICROSECONDS)
        for rows in self._live_windows():
            mark = self.streams[rows.window.stream].watermark_us
            if rows.is_due(mark):
                rows.reach(mark, self._change())
            rows.prune(mark, now_us)

    def _live_windows(self) -> Iterator[WindowRows]:
        return (rows for rows in self.windows.values() if not rows.figures.stale)

    def _write(self) -> None:
        self.state.write_progress(self.progress)
        self._heard.write()
        self.state.write_windows(rows.figures for rows in self.windows.values())
        self._change_taken = False
