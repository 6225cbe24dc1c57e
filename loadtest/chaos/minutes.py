"""Whether the job of every minute ran once in each of them: no I/O."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

MINUTE = 60
#: So long after its minute a run may begin: a scheduler that died blocks its jobs for a minute, and
#: the next one has to come up and be given a turn.
LATEST_SECONDS = 180.0


class MinuteRun(NamedTuple):
    """What the history says of a scheduled minute."""

    #: `ok`, `skipped`, or another word of the history.
    state: str
    attempts: int


def differences(
    begun: float,
    now: float,
    runs: Mapping[int, Sequence[MinuteRun]],
    marks: Mapping[int, int],
    full: Sequence[tuple[float, float]] = (),
) -> tuple[str, ...]:
    """What is wrong with the runs of a time; runs and marks by the minute's Unix seconds.

    `marks` are what the job has left behind, by the minute it was run for. A run that was
    interrupted is run again, and leaves as many marks as its attempts at most. A run that the
    history calls failed is right where it may have met one of the times of a `full` disk, which
    are pairs of Unix seconds: what the job writes was refused then.
    """
    found = [f"{minute}: {len(some)} runs" for minute, some in runs.items() if len(some) > 1]
    first = int(begun // MINUTE + 1) * MINUTE
    found += [
        f"{minute}: never run"
        for minute in range(first, int(now - LATEST_SECONDS), MINUTE)
        if minute not in runs
    ]
    for minute in runs.keys() | marks.keys():
        run = runs[minute][0] if minute in runs else MinuteRun("not run", 0)
        left = marks.get(minute, 0)
        least = 1 if run.state == "ok" else 0
        if not least <= left <= run.attempts:
            found.append(f"{minute}: {run.state}, {run.attempts} attempts, done {left} times")
        elif run.state == "failed" and _met(minute, full):
            continue
        elif run.state not in ("ok", "skipped", "running", "interrupted"):
            found.append(f"{minute}: {run.state}")
    return tuple(sorted(found))


def _met(minute: int, times: Sequence[tuple[float, float]]) -> bool:
    return any(begin - LATEST_SECONDS <= minute <= end for begin, end in times)
