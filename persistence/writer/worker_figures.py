"""What the persistence worker tells Prometheus: how many it stores, how soon, what it refuses."""

from persistence.writer.delays import Delays
from tillstream.clock import Clock
from tillstream.runtime.watching.figures import Batches, Measured, measured
from tillstream.runtime.watching.watched import Watched

#: A write that takes longer is not the database's load: it is away, seconds.
AWAY_SECONDS = 5.0


class WorkerFigures:
    """Reads what `delays` counts; the histogram is filled when an interval of it ends."""

    def __init__(self, watched: Watched, delays: Delays, clock: Clock) -> None:
        self.vitals = watched.vitals
        self._delays = delays
        self._clock = clock
        self._begun: float | None = None
        delays.intervals = Batches(
            "tillstream_received_to_stored_seconds",
            "Receipts: from the door to MongoDB's majority",
            watched.registry,
        ).add
        measured(
            watched.registry,
            Measured(
                "tillstream_stored_receipts_total",
                "Receipts that MongoDB has, new ones",
                lambda: delays.counts().stored,
            ),
            Measured(
                "tillstream_not_stored_receipts_total",
                "Receipts that were not stored as new, by why",
                lambda: {
                    "duplicate": delays.counts().duplicates,
                    "conflict": delays.counts().conflicts,
                    "dead letter": delays.counts().dead_lettered,
                },
                "why",
            ),
        )

    def turn(self, waiting: int, *, writing: bool) -> None:
        """The loop turns; `waiting` messages are here, and a batch may be on its way."""
        self.vitals.turn()
        if not writing:
            self._begun = None
            self.vitals.connected()
            self.vitals.behind(waiting, 0.0)
            return
        now = self._clock()
        if self._begun is None:
            self._begun = now
        self.vitals.behind(waiting, self._delays.oldest_age())
        if now - self._begun > AWAY_SECONDS:
            self.vitals.away(f"MongoDB has not taken a batch for {now - self._begun:.0f} s")

    def settled(self) -> None:
        """A batch was written: the next one's time begins."""
        self._begun = None
