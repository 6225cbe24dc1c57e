"""Finds the events that would take a sum beyond 64 bits, one after the other in the log's order.

One pass over the events, however many do: a row whose sum is full gets further events all the time.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from events.windows.merging import WindowRows
from events.windows.partials import PartialCounter
from tillstream.streams.definition import LEAST_INTEGER, MOST_INTEGER

#: Of an event: its position in the log and its row there.
EventPlace = tuple[int, int]


class _Step(NamedTuple):
    """What an event adds to the sums of a row."""

    sums: list[int]
    added: Sequence[int]

    def fits(self) -> bool:
        return all(
            LEAST_INTEGER <= total + more <= MOST_INTEGER
            for total, more in zip(self.sums, self.added, strict=True)
        )

    def take(self) -> None:
        self.sums[:] = [total + more for total, more in zip(self.sums, self.added, strict=True)]


def exceeding(
    events: pa.Table, windows: Sequence[WindowRows], counter: PartialCounter
) -> set[EventPlace]:
    """The places of these events; `events` has LOG_OFFSET and LOG_ROW.

    An event that exceeds a sum of one window counts in none. Raises duckdb.Error where the figure
    of an event cannot be computed at all.
    """
    steps: dict[EventPlace, list[_Step]] = {}
    for window in windows:
        places = [n for n, one in enumerate(window.window.merged) if one.kind == "sum"]
        if not places:
            continue
        rows: dict[tuple[int, str], list[int]] = {}
        for start, keys, offset, row, *figures in counter.of_each_event(events, window.window):
            sums = rows.get((start, keys))
            if sums is None:
                sums = rows[start, keys] = window.sums(start, keys)
            added = [figures[place] for place in places]
            steps.setdefault((offset, row), []).append(_Step(sums, added))
    found: set[EventPlace] = set()
    for place in sorted(steps):
        if all(step.fits() for step in steps[place]):
            for step in steps[place]:
                step.take()
        else:
            found.add(place)
    return found
