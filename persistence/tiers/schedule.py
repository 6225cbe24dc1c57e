"""Once a day at a time: what is due, and what is tried again. The clock is injected."""

import random
import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from tillstream.clock import Clock

log = structlog.get_logger()

#: Longest wait, seconds: a clock that was set, or a machine that slept, is seen after it.
LONGEST_WAIT = 300.0
#: Between two attempts, seconds: the first at most, and the longest.
FIRST_BACKOFF, LONGEST_BACKOFF = 60.0, 1_800.0


def latest(now: float, at: time, zone: ZoneInfo) -> float:
    """The newest moment, Unix seconds, not after `now` at which the clock of `zone` showed `at`."""
    today = datetime.fromtimestamp(now, zone).date()
    moments = [
        datetime.combine(today - timedelta(days=ago), at, zone).timestamp() for ago in (0, 1)
    ]
    return max(moment for moment in moments if moment <= now)


def following(now: float, at: time, zone: ZoneInfo) -> float:
    """The first moment after `now` at which the clock of `zone` shows `at`."""
    today = datetime.fromtimestamp(now, zone).date()
    moments = [
        datetime.combine(today + timedelta(days=ahead), at, zone).timestamp() for ahead in (0, 1)
    ]
    return min(moment for moment in moments if moment > now)


def backoff(failures: int) -> float:
    """Seconds until the next attempt, after so many failures: twice as many each time, jittered."""
    longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(failures - 1, 10))
    return random.uniform(longest / 2, longest)  # noqa: S311 - a backoff


def daily(
    job: Callable[[], object],
    last_finished: Callable[[], float | None],
    at: time,
    zone: ZoneInfo,
    clock: Clock,
    stop: threading.Event,
) -> None:
    """Call `job` once for each day until `stop`: at `at`, or as soon as it can be made up.

    `last_finished` says when the last run that came to its end began, Unix seconds; None where it
    cannot be said, or there was none. A run that does not come to its end is tried again with
    backoff; several that were missed are made up by one.
    """
    failures = 0
    finished: float | None = None
    while not stop.is_set():
        now = clock()
        due = latest(now, at, zone)
        if finished is None or finished < due:
            finished = last_finished()
        if finished is None or finished < due:
            job()
            finished = last_finished()
            if finished is None or finished < due:
                failures += 1
                wait = backoff(failures)
                log.warning("not at its end, trying again", seconds=round(wait))
                stop.wait(wait)
                continue
        failures = 0
        stop.wait(min(LONGEST_WAIT, max(1.0, following(clock(), at, zone) - clock())))
