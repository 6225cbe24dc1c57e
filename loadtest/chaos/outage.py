"""How long something was away, from the moments at which it was heard: no I/O."""

import bisect
from collections.abc import Sequence
from typing import NamedTuple

#: A silence that is no longer than this is none, seconds: snapshots come every half second.
PATIENCE_SECONDS = 1.0


class Outage(NamedTuple):
    """What a window of time saw of a component, seconds."""

    #: The sum of all silences that were longer than allowed.
    unavailable: float
    #: From the lifting of the fault to the end of the last such silence; None: silent at the end.
    back_after: float | None


def outage(beats: Sequence[float], injected: float, lifted: float, end: float) -> Outage:
    """The silences of a component in [injected, end), its fault lifted at `lifted`.

    `beats` ascend; a silence longer than PATIENCE_SECONDS counts, from its last beat or from
    `injected` on.
    """
    first = bisect.bisect_left(beats, injected)
    last = bisect.bisect_left(beats, end)
    unavailable, back_at, before = 0.0, injected, injected
    for beat in (*beats[first:last], end):
        if beat - before > PATIENCE_SECONDS:
            unavailable += beat - before
            back_at = beat
        before = beat
    if unavailable and back_at == end:
        return Outage(unavailable, None)
    return Outage(unavailable, max(back_at - lifted, 0.0) if unavailable else 0.0)
