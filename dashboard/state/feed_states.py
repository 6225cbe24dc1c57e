"""Which of the figures are of now: the state of every feed, and of the archive. No I/O."""

from dashboard.state.archive_state import ARCHIVE, ArchiveState
from dashboard.state.frames import FeedState
from dashboard.state.freshness import DETAILS_STALE_AFTER_SECONDS, Freshness
from dashboard.state.progress import Progress
from tillstream import topology

#: Every exchange that is heard.
FEEDS = topology.RESULTS + topology.DETAILS

#: What the totals worker makes of the log: none of it is of now while it is behind the log.
OF_THE_LEDGER = frozenset({topology.COUNT, topology.CATEGORIES, *topology.DETAILS})


class FeedStates:
    """Every feed's freshness. Not safe for threads: the model's lock guards it."""

    def __init__(self, archive: ArchiveState | None) -> None:
        """`archive` is what is known of it; None where nobody watches it."""
        self._archive = archive
        self._feeds = {name: Freshness() for name in topology.RESULTS}
        for name in topology.DETAILS:
            sibling = self._feeds[topology.COUNT]
            self._feeds[name] = Freshness(DETAILS_STALE_AFTER_SECONDS, sibling)
        #: Of the log, and of what the ledger has counted of it.
        self.progress = Progress()

    def accept(self, feed: str, as_of: float, now: float) -> bool:
        """Take note of a feed's data; False for what is not newer."""
        return self._feeds[feed].accept(as_of, now)

    def as_of(self, feed: str) -> float | None:
        """When a feed's newest figures were read by their worker, Unix seconds."""
        return self._feeds[feed].as_of

    def live(self, feed: str, now: float) -> bool:
        """Whether a feed's figures are of now."""
        return self._state(feed, now).state == "live"

    def all(self, now: float) -> dict[str, FeedState]:
        """Of every feed, and of the archive: its state, and the time that its figures are of."""
        states = {name: self._state(name, now) for name in self._feeds}
        if self._archive is None:
            return states
        states[ARCHIVE] = archive = self._archive.feed(now)
        stored = states[topology.METRICS_DB]
        if archive.state == "stale" and archive.as_of is not None and stored.as_of is not None:
            # Its writer speaks, but of nothing that it could store.
            states[topology.METRICS_DB] = FeedState("stale", min(archive.as_of, stored.as_of))
        return states

    def _state(self, feed: str, now: float) -> FeedState:
        state = self._feeds[feed].state(now)
        as_of = self._feeds[feed].shown_as_of(now)
        behind = self.progress.behind_since(now) if feed in OF_THE_LEDGER else None
        if as_of is None or behind is None:
            return FeedState(state, as_of)
        return FeedState("stale", min(as_of, behind))
