"""Merges partial figures into the rows of the state, and ends and removes rows by the watermark."""

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
        final_to, expired_to = self._bounds(watermark_us)
        rows, figures = [], self.figures
        for start, keys, *merged, events in partials.rows:
            if expired_to is not None and start <= expired_to:
                figures.expired += events
                continue
            late = events if final_to is not None and start <= final_to else 0
            figures.events += events
            figures.late += late
            rows.append((start, keys, events, late, int(late > 0), change, *merged))
            if not late and (self._open_from is None or start < self._open_from):
                self._open_from = start
        self._state.execute_many(self._merge, rows)
        for measure, values in partials.values:
            if expired_to is not None:
                values = [value for value in values if value[0] > expired_to]
            self._state.execute_many(self.table.add_value(measure), values)
        return len(rows)

    def reach(self, watermark_us: int | None, change: int) -> int:
        """Make rows final and remove the old ones; returns how many became final."""
        final_to, expired_to = self._bounds(watermark_us)
        finished = 0
        if final_to is not None and self._has_open(final_to):
            finished = self._state.execute(self.table.finish(), (change, change, final_to)).rowcount
            self._open_from = None
        before = self.figures.pruned_before_us
        if expired_to is not None and (before is None or expired_to >= before):
            for statement in self.table.prune():
                self._state.execute(statement, (expired_to,))
            self.figures.pruned_before_us = expired_to + 1
        return finished

    def is_due(self, watermark_us: int | None) -> bool:
        """Whether `reach` has something to make final."""
        final_to, _ = self._bounds(watermark_us)
        return final_to is not None and self._has_open(final_to)

    def forget(self, figures: WindowFigures) -> None:
        """The transaction was undone: these are the figures of the state."""
        self.figures = figures
        self._open_from = None

    def _bounds(self, watermark_us: int | None) -> tuple[int | None, int | None]:
        """The last starts of rows that are final, and of rows that are removed."""
        if watermark_us is None:
            return None, None
        final_to = watermark_us - self.window.size_us
        retention = self.window.retention_us
        if retention is None:
            return final_to, None
        # Whole windows only, so that pruning is not done for each event.
        expired_to = final_to - retention
        return final_to, expired_to - expired_to % self.window.size_us

    def _has_open(self, final_to: int) -> bool:
        if self._open_from is None:
            found = self._state.execute(self.table.earliest_open()).fetchone()
            # Without an open row the next one that is merged sets it.
            self._open_from = found[0] if found else 2**63
        return self._open_from <= final_to
