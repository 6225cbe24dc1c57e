"""Which touches belong to a conversion: a search in touches that are sorted by key and time."""

from typing import NamedTuple

import numpy as np

from events.attribution.codes import Numbers


class Spans(NamedTuple):
    """For each of some conversions the positions of its touches: from `begin` to before `end`."""

    begin: Numbers
    end: Numbers

    @property
    def counts(self) -> Numbers:
        """How many touches each has."""
        return self.end - self.begin


def find_spans(
    times: Numbers, low: Numbers, high: Numbers, least_times: Numbers, greatest_times: Numbers
) -> Spans:
    """The touches between `low` and `high` from a least to a greatest time, both included."""
    begin = first_not_before(times, low, high, least_times)
    # A span whose end is before its beginning has nothing.
    return Spans(begin, first_not_before(times, begin, high, greatest_times + 1))


def first_not_before(times: Numbers, low: Numbers, high: Numbers, wanted: Numbers) -> Numbers:
    """For each the first position from `low` up to `high` whose time is not before `wanted`.

    `times` grow between the two; `high` where all are before. One step halves all searches.
    """
    low, high = low.copy(), high.copy()
    while (is_open := np.flatnonzero(low < high)).size:
        begin, end = low[is_open], high[is_open]
        middle = (begin + end) >> 1
        is_before = times[middle] < wanted[is_open]
        low[is_open] = np.where(is_before, middle + 1, begin)
        high[is_open] = np.where(is_before, end, middle)
    return low


def each_position(begin: Numbers, counts: Numbers) -> Numbers:
    """The positions of all spans, one span after the other."""
    total = int(counts.sum())
    within: Numbers = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    return within + np.repeat(begin, counts)
