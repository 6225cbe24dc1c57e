"""Rows of one window held by time, and their exact sums over ranges that move on. No I/O."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

#: A figure of a row: an integer, or a decimal with its places.
Number = int | Decimal
Sums = dict[str | None, tuple[Number, ...]]


class Row(NamedTuple):
    """A row of a window: its start in whole Unix seconds, its first key, its figures."""

    start: int
    key: str | None
    figures: tuple[Number, ...]


class Span(NamedTuple):
    """Rows that begin in [first, end), whole Unix seconds."""

    first: int
    end: int

    def holds(self, start: int) -> bool:
        return self.first <= start < self.end


NOTHING = Span(0, 0)


class MinuteSums:
    """Sums by key over named spans, kept up as rows come, change and leave."""

    def __init__(self, figures: int) -> None:
        """`figures`: how many each row has."""
        self._zero: tuple[Number, ...] = (0,) * figures
        self._rows: dict[str, Row] = {}
        self._by_start: dict[int, set[str]] = {}
        self._spans: dict[str, Span] = {}
        self._sums: dict[str, Sums] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, row_id: str, row: Row) -> None:
        """A new row, or the newest state of one that is held."""
        old = self._rows.get(row_id)
        if old == row:
            return
        for name, span in self._spans.items():
            if old is not None and span.holds(old.start):
                self._add(name, old, -1)
            if span.holds(row.start):
                self._add(name, row, 1)
        self._rows[row_id] = row
        self._by_start.setdefault(row.start, set()).add(row_id)

    def move(self, spans: Mapping[str, Span]) -> None:
        """Sum these spans from now on; rows in none of them, and before all of them, go."""
        before = self._spans
        self._spans = dict(spans)
        self._sums = {name: self._sums.get(name, {}) for name in spans}
        earliest = min((span.first for span in spans.values()), default=0)
        for start in list(self._by_start):
            for name, span in spans.items():
                was, now = before.get(name, NOTHING).holds(start), span.holds(start)
                if was != now:
                    for row_id in self._by_start[start]:
                        self._add(name, self._rows[row_id], 1 if now else -1)
            if start < earliest:
                for row_id in self._by_start.pop(start):
                    del self._rows[row_id]

    def sums(self, name: str) -> Sums:
        """By key; keys whose figures are all zero are left out."""
        return dict(self._sums.get(name, {}))

    def total(self, name: str) -> tuple[Number, ...]:
        """Over all keys."""
        return added(self.sums(name).values(), self._zero)

    def by_start(self, span: Span) -> dict[int, tuple[Number, ...]]:
        """Over all keys, of each start in `span` that has a row, in order."""
        return {
            start: added(
                (self._rows[row_id].figures for row_id in self._by_start[start]), self._zero
            )
            for start in sorted(self._by_start)
            if span.holds(start)
        }

    def newest(self, now: float) -> int | None:
        """The newest start at `now` or before; what is dated in the future moves nothing."""
        return max((start for start in self._by_start if start <= now), default=None)

    def _add(self, name: str, row: Row, sign: int) -> None:
        sums = self._sums[name]
        known = sums.get(row.key, self._zero)
        figures = tuple(old + sign * new for old, new in zip(known, row.figures, strict=True))
        if any(figures):
            sums[row.key] = figures
        else:
            sums.pop(row.key, None)


def added(rows: Iterable[tuple[Number, ...]], zero: tuple[Number, ...]) -> tuple[Number, ...]:
    """Column by column."""
    total = zero
    for row in rows:
        total = tuple(one + other for one, other in zip(total, row, strict=True))
    return total
