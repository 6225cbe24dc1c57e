"""How fast this machine is just now: a fixed piece of work by one process, and by one on each core.

Cores of a shared machine are often halves of one, and others work on them too: the same program may
be twice as fast an hour later. With this, two results can be told from two hours.
"""

import multiprocessing
import os
import time

import msgspec

from loadtest.receipts import example

SECONDS = 2.0
#: Work between two looks at the clock.
TIMES = 200


class Speed(msgspec.Struct, frozen=True):
    """JSON receipts decoded and encoded a second."""

    one: float
    #: By as many processes as there are cores, at once.
    all: float


def measure() -> Speed:
    """Takes about twice SECONDS."""
    (one,) = _at_once(1)
    return Speed(one, sum(_at_once(os.cpu_count() or 1)))


def work(seconds: float) -> float:
    """Receipts a second of this process."""
    body = example()
    done = 0
    started = time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        for _ in range(TIMES):
            msgspec.json.encode(msgspec.json.decode(body))
        done += TIMES
    return done / elapsed


def _at_once(processes: int) -> list[float]:
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return pool.map(work, [SECONDS] * processes, chunksize=1)
