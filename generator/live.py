"""A steady rate with the shape of a day, from now on: how many events there are when."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from generator.shop.events import HOURS

#: What is made at a time, seconds.
BLOCK_SECONDS = 60
_MICROSECONDS = 1_000_000
_MEAN = sum(HOURS) / len(HOURS)

Integers = npt.NDArray[np.int64]


class Block(NamedTuple):
    """A stretch of time, microseconds, and how many events happen in it."""

    start_us: int
    span_us: int
    events: int


def blocks(
    rate: float, zone: tzinfo, seed: int, start: float, seconds: float | None
) -> Iterator[Block]:
    """One after the other from `start`, Unix seconds, for so long or for ever.

    `rate` is that of a mean hour; which hour it is says the clock of the zone.
    """
    number = 0
    while seconds is None or number * BLOCK_SECONDS < seconds:
        length = float(BLOCK_SECONDS)
        if seconds is not None:
            length = min(length, seconds - number * BLOCK_SECONDS)
        begins = start + number * BLOCK_SECONDS
        hour = datetime.fromtimestamp(begins, zone).hour
        mean = rate * length * HOURS[hour] / _MEAN
        start_us = int(begins * _MICROSECONDS)
        events = int(np.random.default_rng([seed, start_us]).poisson(mean))
        yield Block(start_us, int(length * _MICROSECONDS), events)
        number += 1


def moments(
    rate: float, zone: tzinfo, seed: int, start: float, seconds: float | None
) -> Iterator[Integers]:
    """The times of the events of each second of the blocks, microseconds, ascending; or none."""
    for block in blocks(rate, zone, seed, start, seconds):
        draws = np.random.default_rng([seed, block.start_us])
        times = block.start_us + np.sort(draws.integers(0, block.span_us, block.events))
        for second in range(0, block.span_us, _MICROSECONDS):
            begins = block.start_us + second
            low, high = np.searchsorted(times, (begins, begins + _MICROSECONDS))
            yield times[low:high]
