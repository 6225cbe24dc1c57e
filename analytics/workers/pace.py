"""When the totals worker commits and tells: soon after a change, and not for each one alone."""

from tillstream import topology
from tillstream.clock import Clock
from tillstream.runtime.periodic import SNAPSHOT_SECONDS, Every

#: Changes within so long, seconds, are one commit and one snapshot of `count`: both cost the same
#: for one receipt as for a hundred.
PACE_SECONDS = 0.15
#: After the first message of a batch, how long others are waited for at least, seconds.
LEAST_GATHER_SECONDS = 0.02


class SnapshotPace:
    """`count` is due once a pace where something changed, and all each SNAPSHOT_SECONDS.

    A change after a pause longer than the pace is told at once, with no wait for a next turn.
    """

    def __init__(self, clock: Clock) -> None:
        self._pace = Every(PACE_SECONDS, clock)
        self._all = Every(SNAPSHOT_SECONDS, clock)
        self._changed = False

    def changed(self) -> None:
        """There is something to tell."""
        self._changed = True

    def remaining(self) -> float:
        """Seconds until a snapshot is due if nothing more changes; 0 when one is."""
        remaining = self._all.remaining()
        return min(remaining, self._pace.remaining()) if self._changed else remaining

    def gather_seconds(self) -> float:
        """For how long what comes still belongs to the change that has just been seen."""
        return max(self._pace.remaining(), LEAST_GATHER_SECONDS)

    def due(self) -> tuple[str, ...]:
        """The exchanges that are to be told now, if any; their next periods begin at the call."""
        if self._all.is_due():
            exchanges: tuple[str, ...] = (topology.COUNT, topology.CATEGORIES)
        elif self._changed and self._pace.remaining() == 0:
            exchanges = (topology.COUNT,)
        else:
            return ()
        self._pace.begin()
        self._changed = False
        return exchanges
