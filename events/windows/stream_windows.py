"""The windows of one stream: its events counted in all of them, or set aside alone."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import duckdb
import numpy as np
import pyarrow as pa

from events.windows import declared, full_sums, isolation
from events.windows.figures import Aside
from events.windows.merging import WindowRows
from events.windows.partials import PartialCounter, Partials
from events.windows.state_file import State
from tillstream import bisection
from tillstream.streams.names import LOG_OFFSET, LOG_ROW

#: Events that are looked at together where some of them cannot be counted.
LOOKED_AT = 20_000
FULL = "a sum of a window would exceed 64 bits"


class Events(Protocol):
    """Events of one stream, as a table with its columns."""

    def __call__(self, *, with_received: bool, with_places: bool) -> pa.Table:
        """Beside them RECEIVED, or LOG_OFFSET and LOG_ROW, as far as they are asked for."""


class StreamWindows:
    """Those of a stream's windows that are counted. A part of the state's transaction."""

    def __init__(self, state: State, counter: PartialCounter, rows: Sequence[WindowRows]) -> None:
        self._state = state
        self._counter = counter
        self._rows = rows
        self.windows = tuple(one.window for one in rows)
        self._with_received = declared.asks_when_received(self.windows)

    def count(self, events: Events, watermark_us: int | None, change: int) -> list[Aside]:
        """Count the events; returns those that cannot be, which are in no window.

        `watermark_us` is that before them. Raises what no event is to blame for.
        """
        if not self._rows:
            return []
        try:
            table = events(with_received=self._with_received, with_places=False)
            self._attempt(table, watermark_us, change)
        except Exception as error:  # noqa: BLE001 - whatever an event raises is of that event
            isolation.require_events_fault(error)
        else:
            return []
        named = events(with_received=self._with_received, with_places=True)
        return [
            aside
            for begin in range(0, len(named), LOOKED_AT)
            for aside in self._counted_alone(named.slice(begin, LOOKED_AT), watermark_us, change)
        ]

    def merge(self, found: Sequence[Partials], watermark_us: int | None, change: int) -> None:
        """Merge partial figures, one for each of `windows`; what it raises may be done in part."""
        for rows, partials in zip(self._rows, found, strict=True):
            rows.merge(partials, watermark_us, change)

    def _counted_alone(
        self, events: pa.Table, watermark_us: int | None, change: int
    ) -> Iterator[Aside]:
        def attempt(some: pa.Table) -> None:
            self._attempt(some, watermark_us, change)

        stream = self._counter.stream.name
        try:
            attempt(events)
        except Exception as error:  # noqa: BLE001 - as above
            isolation.require_events_fault(error)
        else:
            return
        exceeds = self._exceeds(events)
        yield from isolation.set_aside(events.filter(pa.array(exceeds)), stream, FULL)
        rest = events.filter(pa.array(~exceeds))
        for event, fault in bisection.isolate(rest, attempt, isolation.require_events_fault):
            reason = f"{type(fault).__name__}: {fault}"
            yield from isolation.set_aside(event, stream, reason)

    def _exceeds(self, events: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Of each event whether it takes a sum beyond 64 bits."""
        try:
            found = full_sums.exceeding(events, self._rows, self._counter)
        except duckdb.Error as error:
            # The figure of some event cannot be computed: it is found by halves.
            isolation.require_events_fault(error)
            found = set()
        places = zip(events[LOG_OFFSET].to_pylist(), events[LOG_ROW].to_pylist(), strict=True)
        return np.fromiter((place in found for place in places), np.bool_, len(events))

    def _attempt(self, table: pa.Table, watermark_us: int | None, change: int) -> None:
        """All of the events in all windows, or none of them."""
        figures = [one.figures for one in self._rows]
        before = [(one.events, one.late, one.expired) for one in figures]
        try:
            with self._state.all_or_nothing():
                self.merge(self._counter.count(table, self.windows), watermark_us, change)
        except Exception:
            for one, values in zip(figures, before, strict=True):
                one.events, one.late, one.expired = values
            raise
