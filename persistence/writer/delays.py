"""How long receipts take to the archive: means and percentiles of the last interval."""

import math
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tillstream.clock import Clock
from tillstream.snapshots import DelayFigures, DelaySnapshot


class Counts(NamedTuple):
    """Receipts since the start."""

    stored: int
    duplicates: int
    conflicts: int
    dead_lettered: int


class Delays:
    """Gathers what was stored; each snapshot closes an interval [last snapshot, this one).

    The writer adds and the reporter reads, each in a thread of its own.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        #: Seconds from the till's clock, and from the door, to the archive.
        self._connection: list[float] = []
        self._network: list[float] = []
        self._stored = 0
        self._duplicates = 0
        self._conflicts = 0
        self._dead_lettered = 0
        #: When the door got what is being written, and the oldest of the interval.
        self._writing: float | None = None
        self._waiting_since: float | None = None
        #: Told the seconds from door to archive of an interval that ends.
        self.intervals: Callable[[Sequence[float]], None] = lambda _: None

    def writing(self, received: float | None) -> None:
        """What is being written now was received then at the earliest; None: nothing is."""
        with self._lock:
            self._writing = received
            self._wait(received)

    def _wait(self, received: float | None) -> None:
        known = self._waiting_since
        if received is not None and (known is None or received < known):
            self._waiting_since = received

    def add_stored(self, receipts: Iterable[tuple[float, float]]) -> None:
        """Receipts that have just become durable: when each was sold and received, Unix seconds."""
        now = self._clock()
        delays = [(now - sold, now - got) for sold, got in receipts]
        with self._lock:
            self._connection += [connection for connection, _ in delays]
            self._network += [network for _, network in delays]
            self._stored += len(delays)

    def add_others(
        self, *, duplicates: int = 0, conflicts: int = 0, dead_lettered: int = 0
    ) -> None:
        """Receipts that were not stored as new."""
        with self._lock:
            self._duplicates += duplicates
            self._conflicts += conflicts
            self._dead_lettered += dead_lettered

    def counts(self) -> Counts:
        """What was counted since the start."""
        with self._lock:
            return Counts(self._stored, self._duplicates, self._conflicts, self._dead_lettered)

    def oldest_age(self) -> float | None:
        """How long the oldest of what is being written has waited, seconds; None: nothing is."""
        writing = self._writing
        return None if writing is None else max(0.0, self._clock() - writing)

    def snapshot(self) -> DelaySnapshot:
        """The figures of the interval that ends now, and the counters since the start."""
        with self._lock:
            connection, self._connection = self._connection, []
            network, self._network = self._network, []
            self.intervals(network)
            waiting_since, self._waiting_since = self._waiting_since, self._writing
            return DelaySnapshot(
                connection_delay=mean(connection),
                connection_percentiles=figures(connection),
                network_delay=mean(network),
                network_percentiles=figures(network),
                stored=self._stored,
                duplicates=self._duplicates,
                conflicts=self._conflicts,
                dead_lettered=self._dead_lettered,
                as_of=self._clock(),
                waiting_since=waiting_since,
            )


def mean(delays: Sequence[float]) -> float | None:
    """The arithmetic mean; None without any."""
    return math.fsum(delays) / len(delays) if delays else None


def figures(delays: Sequence[float]) -> DelayFigures | None:
    """The percentiles that are reported; None without any delay."""
    if not delays:
        return None
    ordered = sorted(delays)
    return DelayFigures(
        p50=nearest_rank(ordered, 50), p95=nearest_rank(ordered, 95), p99=nearest_rank(ordered, 99)
    )


def nearest_rank(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that at least `percent` % of the values do not exceed.

    Nearest-rank method, without interpolation: the value of rank ceil(percent / 100 * n).
    """
    return ordered[-(-percent * len(ordered) // 100) - 1]
