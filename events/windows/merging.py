"""Merges partial figures into the rows of the state, and ends and removes rows."""

from events.windows.figures import WindowFigures
from events.windows.partials import Partials
from events.windows.state_file import State
from events.windows.window_table import WindowTable


class WindowRows:
    """The rows of one window. Everything is a part of the state's transaction."""

    def __init__(self, state: State, table: WindowTable, figures: WindowFigures) -> None:
        self._state = state
        self.table = table
        self.window = table.window
        #: As of the transaction; replaced when that is undone.
        self.figures = figures
        self._merge = table.merge()
        self._columns = len(self.window.merged)
        #: The start of the first row that is not final, or before it; None before it is looked up.
        self._open_from: int | None = None

    def merge(self, partials: Partials, watermark_us: int | None, change: int) -> int:
        """Add partial figures; returns how many rows changed.

        `watermark_us` is that before these events: whose row ended before it are late. Raises
        sqlite3.IntegrityError where a sum would exceed 64 bits.
        """
        final_to = self._final_to(watermark_us)
        rows, figures = [], self.figures
        removed_before = figures.pruned_before_us
        for start, keys, *merged, events in partials.rows:
            if removed_before is not None and start < removed_before:
                figures.expired += events
                continue
            late = events if final_to is not None and start <= final_to else 0
            figures.events += events
            figures.late += late
            rows.append((start, keys, events, late, int(late > 0), change, *merged))
            if not late and self._open_from is not None and start < self._open_from:
                self._open_from = start
        self._state.execute_many(self._merge, rows)
        for measure, values in partials.values:
            if removed_before is not None:
                values = [value for value in values if value[0] >= removed_before]
            self._state.execute_many(self.table.add_value(measure), values)
        return len(rows)

    def reach(self, watermark_us: int | None, change: int) -> int:
        """Make rows final; returns how many became it."""
        if not self.is_due(watermark_us):
            return 0
        final_to = self._final_to(watermark_us)
        self._open_from = None
        return self._state.execute(self.table.finish(), (change, final_to)).rowcount

    def is_due(self, watermark_us: int | None) -> bool:
        """Whether `reach` has something to make final."""
        final_to = self._final_to(watermark_us)
        return final_to is not None and self._has_open(final_to)

    def prune(self, watermark_us: int | None, clock_us: int) -> None:
        """Remove the rows that are beyond the retention: they ended so long before the watermark,
        and did not change for so long by the clock.

        So a replay of old events keeps what it counts, whatever time the stream has.
        """
        bounds = self._old(watermark_us, clock_us)
        newest = self._newest_old(bounds)
        if bounds is None or newest is None:
            return
        for statement in self.table.prune():
            self._state.execute(statement, bounds)
        figures = self.figures
        figures.pruned_before_us = max(figures.pruned_before_us or 0, newest + 1)
        figures.pruned_change = bounds[0]

    def has_old(self, watermark_us: int | None, clock_us: int) -> bool:
        """Whether `prune` has something to remove."""
        return self._newest_old(self._old(watermark_us, clock_us)) is not None

    def sums(self, start: int, keys: str) -> list[int]:
        """The sums of a row, in the order of the window's; zeros where there is no row."""
        found = self._state.execute(self.table.sums(), (start, keys)).fetchone()
        return list(found or [0] * sum(one.kind == "sum" for one in self.window.merged))

    def forget(self, figures: WindowFigures) -> None:
        """The transaction was undone: these are the figures of the state."""
        self.figures = figures
        self._open_from = None

    def _final_to(self, watermark_us: int | None) -> int | None:
        """The last start of rows that are final."""
        return None if watermark_us is None else watermark_us - self.window.size_us

    def _old(self, watermark_us: int | None, clock_us: int) -> tuple[int, int] | None:
        """The last change and the last start of rows that are beyond the retention.

        Neither goes back, so that MongoDB can remove the same rows by the figures alone.
        """
        final_to, retention = self._final_to(watermark_us), self.window.retention_us
        if final_to is None or retention is None:
            return None
        change = max(clock_us - retention, self.figures.pruned_change)
        return change, max(final_to - retention, (self.figures.pruned_before_us or 0) - 1)

    def _newest_old(self, bounds: tuple[int, int] | None) -> int | None:
        if bounds is None:
            return None
        (found,) = self._state.execute(self.table.newest_old(), bounds).fetchone()
        return None if found is None else int(found)

    def _has_open(self, final_to: int) -> bool:
        if self._open_from is None:
            found = self._state.execute(self.table.earliest_open()).fetchone()
            # Without an open row the next one that is merged sets it.
            self._open_from = found[0] if found else 2**63
        return self._open_from <= final_to
