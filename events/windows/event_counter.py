"""Counts messages of the log into the state: what a worker and a recount have in common.

Steps 1 to 6 of the critical sequence (events/worker.py).
"""

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import structlog

from events.windows import declared, isolation
from events.windows.decoding import Decoded, MessageDecoder
from events.windows.deduplication import NewEvents, Rows, new_events
from events.windows.figures import Aside, Progress, StreamFigures
from events.windows.merging import WindowRows
from events.windows.partials import PartialCounter
from events.windows.state_file import State
from events.windows.tables import event_table
from events.windows.watermark import watermark
from tillstream import bisection
from tillstream.clock import Clock
from tillstream.log.reader import LogMessage, message_digest
from tillstream.streams.definition import Definitions, Window

log = structlog.get_logger()

MICROSECONDS = 1_000_000
#: Events and bytes of columns that are counted at once.
MAX_ROWS = 500_000
MAX_BYTES = 64 * 1024 * 1024

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
    ) -> None:
        """`all_columns`: an archive takes the events, so every column is read."""
        self.state = state
        self._definitions = definitions
        self._clock = clock
        self._identity_days = identity_days
        self._step = step
        self._all_columns = all_columns
        self._change_taken = False
        self.progress: Progress = state.progress()
        self.streams: dict[str, StreamFigures] = {}
        self._load_streams()
        self._counters = {name: PartialCounter(one) for name, one in definitions.streams.items()}
        state.begin()
        self.windows = declared.prepare(state, definitions, self._counters, self.streams)
        state.commit()
        self._counted: dict[str, tuple[Window, ...]] = {
            stream: tuple(
                rows.window
                for rows in self.windows.values()
                if rows.window.stream == stream and not rows.figures.stale
            )
            for stream in definitions.streams
        }
        self._decoder = MessageDecoder(
            definitions,
            None
            if all_columns
            else {
                name: declared.wanted_columns(stream, self._counted[name])
                for name, stream in definitions.streams.items()
            },
        )

    def count(
        self, messages: Sequence[LogMessage], archive_from: int | None = None
    ) -> list[NewEvents]:
        """Steps 1 to 6 for messages of the log, their offsets being positions.

        `archive_from` is the smallest position that the archive has taken and not written.

        Returns their events that did not come before, for the archive. Of messages that were
        counted already nothing is counted again. Raises what no event is to blame for; then nothing
        has changed.
        """
        try:
            self._step(1)
            self.state.begin()
            begin = self.progress.next_offset or 0
            found: list[NewEvents] = []
            fresh = False
            for some in self._chunks(messages):
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
            self.state.commit()
        except BaseException:
            self.forget()
            raise
        return found

    def count_archived(self, messages: Sequence[tuple[Decoded, Rows]]) -> None:
        """Count what the archive has of messages, the rows being their numbers there."""
        try:
            self.state.begin()
            new = []
            for decoded, rows in messages:
                stream = self._definitions.streams[decoded.stream]
                new.append(new_events(decoded, stream, self.state.identities, rows))
                self.progress.log_clock_us = max(self.progress.log_clock_us, decoded.received_us)
            self._count(new)
            self._reach(self.progress.log_clock_us)
            self._write()
            self.state.commit()
        except BaseException:
            self.forget()
            raise

    def tick(self, archive_from: int | None, *, caught_up: bool) -> bool:
        """Go on with the clock while nothing comes: rows become final. Returns whether any did.

        `caught_up`: all of the log was read, so that its clock is the present one.
        """
        now_us = int(self._clock() * MICROSECONDS)
        clock_us = (
            max(self.progress.log_clock_us, now_us) if caught_up else (self.progress.log_clock_us)
        )
        due = any(
            rows.is_due(self._watermark(rows.window.stream, clock_us))
            for rows in self._live_windows()
        )
        if not due and archive_from == self.progress.archive_from:
            return False
        try:
            self.state.begin()
            self.progress.archive_from = archive_from
            if due:
                self._reach(clock_us)
            self._write()
            self.state.commit()
        except BaseException:
            self.forget()
            raise
        return due

    def forget(self) -> None:
        """Undo what is not committed, in memory too."""
        self.state.rollback()
        self._change_taken = False
        self.progress = self.state.progress()
        self._load_streams()
        for name, figures in self.state.windows().items():
            if name in self.windows:
                self.windows[name].forget(figures)

    def _load_streams(self) -> None:
        self.streams = {name: StreamFigures(name) for name in self._definitions.streams}
        self.streams |= self.state.streams()

    def _chunks(self, messages: Sequence[LogMessage]) -> Iterator[list[NewEvents]]:
        """Steps 2 and 3: bounded lists of events that did not come before."""
        self._step(2)
        begin = self.progress.next_offset or 0
        chunk: list[NewEvents] = []
        rows = size = 0
        for message in messages:
            decoded = self._decoder.decode(message)
            if isinstance(decoded, Aside):
                if message.offset >= begin:
                    self._put_aside(decoded)
                continue
            new = self._new(decoded, is_fresh=message.offset >= begin)
            chunk.append(new)
            rows += len(new.rows)
            size += new.events.nbytes
            if rows >= MAX_ROWS or size >= MAX_BYTES:
                yield chunk
                chunk, rows, size = [], 0, 0
        if chunk:
            yield chunk

    def _new(self, decoded: Decoded, *, is_fresh: bool) -> NewEvents:
        self._step(3)
        stream = self._definitions.streams[decoded.stream]
        new = new_events(decoded, stream, self.state.identities)
        if is_fresh:
            self.streams[stream.name].duplicates += new.duplicates
            self.progress.log_clock_us = max(self.progress.log_clock_us, new.received_us)
        return new

    def _count(self, some: list[NewEvents]) -> None:
        """Step 4: partial figures, merged, all windows of a stream together."""
        self._step(4)
        change = self._change()
        by_stream: dict[str, list[NewEvents]] = {}
        for one in some:
            by_stream.setdefault(one.stream, []).append(one)
        for name, events in by_stream.items():
            heard = self.streams[name]
            heard.heard_us = max([heard.heard_us or 0, *(one.received_us for one in events)])
            events = [one for one in events if len(one.rows)]
            if not events:
                continue
            heard.events += sum(len(one.rows) for one in events)
            time = self._definitions.streams[name].time_column
            greatest = max(_greatest(one.events.column(time)) for one in events)
            heard.greatest_time_us = max(greatest, heard.greatest_time_us or 0)
            windows = self._counted[name]
            if windows:
                self._count_windows(name, events, windows, change)

    def _count_windows(
        self, stream: str, events: list[NewEvents], windows: tuple[Window, ...], change: int
    ) -> None:
        with_received = declared.asks_when_received(windows)

        def attempt(table: pa.Table) -> None:
            figures = [self.windows[window.name].figures for window in windows]
            before = [(one.events, one.late, one.expired) for one in figures]
            try:
                with self.state.all_or_nothing():
                    for partials in self._counters[stream].count(table, windows):
                        rows = self.windows[partials.window.name]
                        rows.merge(partials, self.streams[stream].watermark_us, change)
            except Exception:
                for one, values in zip(figures, before, strict=True):
                    one.events, one.late, one.expired = values
                raise

        try:
            attempt(event_table(events, with_received=with_received))
        except Exception as error:  # noqa: BLE001 - whatever an event raises is of that event
            isolation.require_events_fault(error)
        else:
            return
        named = event_table(events, with_received=with_received, with_places=True)
        for event, fault in bisection.isolate(named, attempt, isolation.require_events_fault):
            self._put_aside(isolation.set_aside(event, stream, fault))
            self.streams[stream].events -= 1

    def _put_aside(self, one: Aside) -> None:
        log.error(
            "an event is set aside",
            offset=one.offset,
            row=one.row,
            stream=one.stream,
            reason=one.reason,
        )
        self.state.put_aside([one])
        if one.stream in self.streams:
            self.streams[one.stream].set_aside += 1

    def _change(self) -> int:
        """The number of the commit that is being made."""
        now_us = int(self._clock() * MICROSECONDS)
        if not self._change_taken:
            self.progress.change = max(self.progress.change + 1, now_us)
            self._change_taken = True
        return self.progress.change

    def _watermark(self, stream: str, clock_us: int) -> int | None:
        heard = self.streams[stream]
        return watermark(
            heard.watermark_us,
            heard.greatest_time_us,
            heard.heard_us,
            clock_us,
            self._definitions.streams[stream].lateness_us,
        )

    def _reach(self, clock_us: int) -> None:
        """Step 5: the watermarks go on; rows become final, and old ones are removed."""
        for name in self._definitions.streams:
            self.streams[name].watermark_us = self._watermark(name, clock_us)
        for rows in self._live_windows():
            mark = self.streams[rows.window.stream].watermark_us
            if rows.is_due(mark):
                rows.reach(mark, self._change())
            else:
                rows.reach(mark, 0)

    def _live_windows(self) -> Iterator[WindowRows]:
        return (rows for rows in self.windows.values() if not rows.figures.stale)

    def _write(self) -> None:
        self.state.write_progress(self.progress)
        self.state.write_streams(self.streams.values())
        self.state.write_windows(rows.figures for rows in self.windows.values())
        self._change_taken = False


def _greatest(times: pa.Array) -> int:
    greatest = pc.max(times).as_py()
    return 0 if greatest is None else int(greatest)
