"""What the workers say, as it comes: who was heard when, and their newest words."""

import threading
from typing import Any

import msgspec

from tillstream import topology
from tillstream.currencies import CURRENCY
from tillstream.snapshots import CountSnapshot, DelaySnapshot, RateSnapshot, TillsSnapshot

#: What is heard of each worker, by its exchange.
WORKERS = {
    topology.COUNT: "totals",
    topology.METRICS_STORM: "rate",
    topology.METRICS_DB: "persistence",
}
DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    topology.COUNT: msgspec.json.Decoder(CountSnapshot),
    topology.METRICS_STORM: msgspec.json.Decoder(RateSnapshot),
    topology.METRICS_DB: msgspec.json.Decoder(DelaySnapshot),
    topology.TILLS: msgspec.json.Decoder(TillsSnapshot),
}
#: Figures are of now unless their worker was silent, or behind the log, for so long, seconds.
FRESH_SECONDS = 15.0
BEHIND_SECONDS = 60.0


class Heard:
    """Safe to call from several threads. Times are Unix seconds."""

    def __init__(self, now: float, currency: str = CURRENCY) -> None:
        """Nobody was heard yet: silence counts from `now`. Figures are of `currency` alone."""
        self._currency = currency
        self._lock = threading.Lock()
        self._at = dict.fromkeys(WORKERS.values(), now)
        self._as_of: dict[type, float] = {}
        self._caught_up = 0.0
        self._count: CountSnapshot | None = None
        self._tills: TillsSnapshot | None = None

    def take(
        self, snapshot: CountSnapshot | RateSnapshot | DelaySnapshot | TillsSnapshot, now: float
    ) -> None:
        """Take note of a snapshot; one that was heard before is no word."""
        if isinstance(snapshot, CountSnapshot) and snapshot.currency != self._currency:
            return
        with self._lock:
            if self._as_of.get(type(snapshot)) == snapshot.as_of:
                return
            self._as_of[type(snapshot)] = snapshot.as_of
            match snapshot:
                case CountSnapshot():
                    self._at["totals"] = now
                    self._count = snapshot
                    if snapshot.log_offset is None or (snapshot.next_offset or 0) > (
                        snapshot.log_offset
                    ):
                        self._caught_up = now
                case RateSnapshot():
                    self._at["rate"] = now
                case DelaySnapshot():
                    self._at["persistence"] = now
                case TillsSnapshot():
                    self._tills = snapshot

    def heard_at(self) -> dict[str, float]:
        """When each worker was last heard; a process that was never heard, since the start."""
        with self._lock:
            return dict(self._at)

    def counting(self, now: float) -> CountSnapshot | None:
        """The totals worker's newest word while its figures are of now."""
        with self._lock:
            return self._count if self._fresh(now) else None

    def tills(self, now: float) -> TillsSnapshot | None:
        """What it says of tills while its figures are of now."""
        with self._lock:
            return self._tills if self._fresh(now) else None

    def _fresh(self, now: float) -> bool:
        heard = now - self._at["totals"] < FRESH_SECONDS
        return heard and now - self._caught_up < BEHIND_SECONDS
