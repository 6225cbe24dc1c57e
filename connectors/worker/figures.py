"""The figures of the worker, for Prometheus and `tillstream status`."""

from connectors.state.counters import (
    APART,
    ASIDE,
    HEALED,
    NEWEST,
    PASSED,
    RECEIPTS,
    REVERSALS,
    TAKEN,
)
from connectors.state.state_file import State
from tillstream.clock import Clock
from tillstream.receivers.snapshots import ReceiverFigures, ReceiversSnapshot
from tillstream.runtime.watching.figures import Measured, file_bytes, measured
from tillstream.runtime.watching.watched import Watched

_COUNTED = {
    "tillstream_receiver_deliveries_total": (TAKEN, "Deliveries that were taken from their log"),
    "tillstream_receiver_receipts_total": (RECEIPTS, "Receipts that were made, reversals too"),
    "tillstream_receiver_reversals_total": (REVERSALS, "Receipts that take another one back"),
    "tillstream_receiver_passed_over_total": (PASSED, "Deliveries that said nothing new"),
    "tillstream_receiver_apart_total": (APART, "Test orders and training receipts"),
    "tillstream_receiver_set_aside_total": (ASIDE, "Deliveries that were set aside"),
    "tillstream_receiver_healed_total": (HEALED, "Set-aside deliveries that were made good"),
}


class WorkerFigures:
    """The worker's thread looks into the state, at most once a second; scrapes read what it saw."""

    def __init__(self, watched: Watched, state: State, clock: Clock) -> None:
        self.vitals = watched.vitals
        self._state = state
        self._clock = clock
        #: The newest offset of the log that is known.
        self.log_offset: int | None = None
        self._counters: dict[str, dict[str, int]] = {}
        self._aside: dict[str, int] = {}
        self._fetches: dict[str, int] = {}
        self._outbox = 0
        self._looked = float("-inf")
        for name, (counter, words) in _COUNTED.items():
            self._by_receiver(watched, name, words, counter)
        measured(
            watched.registry,
            Measured(
                "tillstream_receiver_aside_deliveries",
                "Deliveries that are set aside now",
                lambda: dict(self._aside),
                "receiver",
            ),
            Measured(
                "tillstream_receiver_fetches",
                "Deliveries that wait for an answer of the vendor's API",
                lambda: dict(self._fetches),
                "receiver",
            ),
            Measured(
                "tillstream_receiver_newest_timestamp_seconds",
                "When the newest delivery came",
                lambda: {
                    name: each.get(NEWEST, 0) / 1_000_000 for name, each in self._counters.items()
                },
                "receiver",
            ),
            Measured(
                "tillstream_receiver_outbox",
                "Receipts that wait for the broker's confirm",
                lambda: self._outbox,
            ),
            Measured(
                "tillstream_receiver_state_bytes",
                "Size of the receivers' state",
                lambda: file_bytes(state.path),
            ),
        )

    def _by_receiver(self, watched: Watched, name: str, words: str, counter: str) -> None:
        def ask() -> dict[str, float | None]:
            return {receiver: each.get(counter, 0) for receiver, each in self._counters.items()}

        measured(watched.registry, Measured(name, words, ask, "receiver"))

    def taken(self, offset: int) -> None:
        """The log was taken up to this offset."""
        self.log_offset = max(self.log_offset or 0, offset)

    def snapshot(self) -> ReceiversSnapshot:
        """What was seen last."""
        names = sorted(self._counters.keys() | self._aside.keys() | self._fetches.keys())
        receivers = tuple(self._of_receiver(name) for name in names)
        return ReceiversSnapshot(receivers=receivers, outbox=self._outbox, as_of=self._clock())

    def _of_receiver(self, name: str) -> ReceiverFigures:
        counted = self._counters.get(name, {})
        newest = counted.get(NEWEST)
        return ReceiverFigures(
            receiver=name,
            taken=counted.get(TAKEN, 0),
            passed_over=counted.get(PASSED, 0),
            apart=counted.get(APART, 0),
            receipts=counted.get(RECEIPTS, 0),
            reversals=counted.get(REVERSALS, 0),
            fetching=self._fetches.get(name, 0),
            set_aside=self._aside.get(name, 0),
            newest=None if newest is None else newest / 1_000_000,
        )

    def turned(self) -> None:
        """A turn of the loop is over."""
        now = self._clock()
        if now < self._looked + 1 and now >= self._looked:
            return
        self._looked = now
        self._counters = self._state.counters.all()
        self._aside = dict.fromkeys(self._counters, 0) | self._state.waiting.count("aside")
        self._fetches = self._state.waiting.count("fetch")
        self._outbox = self._state.outbox.count()
        taken = self._state.progress().next_offset or 0
        waiting = sum(self._fetches.values()) + self._outbox
        behind = 0 if self.log_offset is None else max(0, self.log_offset + 1 - taken)
        self.vitals.behind(behind + waiting, 0.0 if behind + waiting == 0 else None)
