"""Does the archive answer in time, and does it hold what was accepted? Pure."""

import threading
from typing import Literal

from dashboard.state.frames import FeedState
from dashboard.state.freshness import STALE_AFTER_SECONDS, Freshness
from dashboard.state.progress import BEHIND_SECONDS
from tillstream.snapshots import DelaySnapshot

#: Its name among the feeds of a frame.
ARCHIVE = "archive"
#: An answer that took so long came from an archive that is too slow, seconds.
SLOW_SECONDS = 1.0

#: No answer; answers that come too late; receipts that wait for it.
Trouble = Literal["away", "slow", "behind"]


class ArchiveState:
    """What was asked of MongoDB, and what its writer says; safe to use from several threads."""

    def __init__(self, now: float) -> None:
        self._lock = threading.Lock()
        self._started = now
        self._answers = Freshness()
        self._took = 0.0
        self._refused = False
        self._waiting_since: float | None = None

    def answered(self, asked_at: float, now: float) -> None:
        """MongoDB answered at `now` what it was asked at `asked_at`: it is known as of then."""
        with self._lock:
            self._answers.accept(asked_at, now)
            self._took = now - asked_at
            self._refused = False

    def silent(self) -> None:
        """A question was given up."""
        with self._lock:
            self._refused = True

    def stored(self, snapshot: DelaySnapshot) -> None:
        """Its writer spoke."""
        since = snapshot.waiting_since
        with self._lock:
            late = since is not None and snapshot.as_of - since > BEHIND_SECONDS
            self._waiting_since = since if late else None

    def trouble(self, now: float) -> Trouble | None:
        """What is wrong with it at `now`; None when nothing is, or nothing is known yet."""
        with self._lock:
            return self._trouble(now)

    def feed(self, now: float) -> FeedState:
        """As a feed: stale while anything is wrong with it, since when it is."""
        with self._lock:
            trouble, as_of = self._trouble(now), self._answers.shown_as_of(now)
            if trouble is None:
                return FeedState("waiting" if as_of is None else "live", as_of)
            since = [self._started if as_of is None else as_of]
            if self._waiting_since is not None:
                since.append(self._waiting_since)
            return FeedState("stale", min(since))

    def _trouble(self, now: float) -> Trouble | None:
        state = self._answers.state(now)
        unheard = state == "waiting" and now - self._started > STALE_AFTER_SECONDS
        if state == "stale" or unheard:
            return "slow" if self._took > SLOW_SECONDS and not self._refused else "away"
        return "behind" if self._waiting_since is not None else None
