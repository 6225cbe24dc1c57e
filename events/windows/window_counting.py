"""The windows of a state, whichever log their events are from.

What is done belongs to the transaction that its caller has begun; `forget` undoes it in memory.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

import structlog

from events.windows import declared
from events.windows.figures import Aside, Progress, StreamFigures
from events.windows.heard_streams import HeardStreams
from events.windows.merging import WindowRows
from events.windows.partials import PartialCounter, Partials
from events.windows.state_file import State
from events.windows.stream_windows import Events, StreamWindows
from tillstream.clock import Clock
from tillstream.streams.definition import MICROSECONDS, Definitions, Window

log = structlog.get_logger()

#: Keeps what is not counted.
KeepAside = Callable[[Sequence[Aside]], None]


class WindowCounting:
    """One writer of a state. It holds what the state's last commit says."""

    def __init__(self, state: State, definitions: Definitions, clock: Clock) -> None:
        self.state = state
        self.definitions = definitions
        self._clock = clock
        self._change_taken = False
        self.progress: Progress = state.progress()
        self.heard = HeardStreams(state, definitions)
        self._counters = {name: PartialCounter(one) for name, one in definitions.streams.items()}
        state.begin()
        self.windows = declared.prepare(state, definitions, self._counters, self.streams)
        state.commit()
        self._counted: dict[str, StreamWindows] = {}
        #: The columns that the windows of each stream are counted from.
        self.wanted: dict[str, Collection[str]] = {}
        self._find_counted()

    @property
    def streams(self) -> dict[str, StreamFigures]:
        """What was heard of each stream, by name."""
        return self.heard.figures

    def make_stale(self, streams: Collection[str], reason: str) -> None:
        """Count the windows of these streams no more, and say why: a part of a transaction."""
        for rows in self._live_windows(streams):
            rows.figures.stale = reason
            log.error("a window is not counted", window=rows.window.name, reason=reason)
        self.state.write_windows(rows.figures for rows in self.windows.values())
        self._find_counted()

    def count(self, stream: str, events: Events, keep: KeepAside) -> None:
        """Count events in all windows of the stream; `keep` gets those that cannot be counted."""
        heard = self.streams[stream]
        aside = self._counted[stream].count(events, heard.watermark_us, self.change())
        heard.events -= len(aside)
        self.put_aside(aside, keep)

    def merge(self, stream: str, partials: Sequence[Partials]) -> None:
        """Merge partial figures of events of the stream, one for each of `live_windows`.

        Raises where a sum would exceed 64 bits; then the transaction is to be undone.
        """
        mark = self.streams[stream].watermark_us
        self._counted[stream].merge(partials, mark, self.change())

    def live_windows(self, stream: str) -> tuple[Window, ...]:
        """The windows of the stream that are counted."""
        return self._counted[stream].windows

    def put_aside(self, some: Sequence[Aside], keep: KeepAside) -> None:
        """Keep what is not counted, of one stream, loudly."""
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
        keep(some)
        if first.stream in self.streams:
            self.streams[first.stream].set_aside += len(some)

    def change(self) -> int:
        """The number of the commit that is being made."""
        if not self._change_taken:
            self.progress.change = max(self.progress.change + 1, self._now_us())
            self._change_taken = True
        return self.progress.change

    def is_due(self, streams: Collection[str], clock_us: int) -> bool:
        """Whether rows become final, or are removed, at a time of the clock of the streams' log."""
        now_us = self._now_us()
        return any(
            rows.is_due(mark) or rows.has_old(mark, now_us)
            for rows in self._live_windows(streams)
            for mark in [self.heard.watermark(rows.window.stream, clock_us)]
        )

    def reach(self, streams: Collection[str], clock_us: int) -> None:
        """The watermarks go on; rows become final, and those that are old are removed."""
        self.heard.go_on(streams, clock_us)
        now_us = self._now_us()
        for rows in self._live_windows(streams):
            mark = self.streams[rows.window.stream].watermark_us
            if rows.is_due(mark):
                rows.reach(mark, self.change())
            rows.prune(mark, now_us)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Written and committed at its end, or undone, in memory too."""
        try:
            self.state.begin()
            yield
            self.state.commit()
        except BaseException:
            self.forget()
            raise

    def write(self) -> None:
        """Everything that is held goes to the state: the last of a transaction."""
        self.state.write_progress(self.progress)
        self.heard.write()
        self.state.write_windows(rows.figures for rows in self.windows.values())
        self._change_taken = False

    def forget(self) -> None:
        """Undo what is not committed, in memory too."""
        self.state.rollback()
        self.load()

    def load(self) -> None:
        """Hold what the state says, within a transaction too."""
        self._change_taken = False
        self.progress = self.state.progress()
        self.heard.load()
        for name, figures in self.state.windows().items():
            if name in self.windows:
                self.windows[name].forget(figures)

    def _find_counted(self) -> None:
        for name, stream in self.definitions.streams.items():
            ours = list(self._live_windows((name,)))
            self._counted[name] = StreamWindows(self.state, self._counters[name], ours)
            windows = tuple(rows.window for rows in ours)
            self.wanted[name] = declared.wanted_columns(stream, windows)

    def _live_windows(self, streams: Collection[str]) -> Iterator[WindowRows]:
        return (
            rows
            for rows in self.windows.values()
            if rows.window.stream in streams and not rows.figures.stale
        )

    def _now_us(self) -> int:
        return int(self._clock() * MICROSECONDS)
