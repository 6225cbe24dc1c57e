"""Replays events of a file: parcels by their own times, over several connections at once."""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import structlog

from generator.progress import Progress
from generator.shop.parcels import Parcel

log = structlog.get_logger()

#: Parcels that wait for a connection, for each of them: bounds the memory.
_WAITING = 2
#: How long a thread waits before it looks whether the run was ended, seconds.
_LOOK_SECONDS = 0.2
#: Reasons of refusals that are kept for the summary.
_MAX_REASONS = 20


class Outcome(NamedTuple):
    """What became of a parcel: its events are accepted, refused, or unheard of (lost)."""

    accepted: int
    refused: int = 0
    lost: int = 0
    #: Times that it was sent again.
    retries: int = 0
    reasons: Sequence[str] = ()


class Sender(Protocol):
    """Sends parcels for one thread."""

    def send(self, parcel: Parcel) -> Outcome:
        """Send a parcel until its outcome is known."""

    def close(self) -> None:
        """End the connection."""


@dataclass
class Totals:
    """What became of the events of a run: sent = accepted + refused + lost."""

    sent: int = 0
    accepted: int = 0
    refused: int = 0
    lost: int = 0
    retries: int = 0
    #: How far the replay was behind its times, at most, seconds.
    behind: float = 0.0
    seconds: float = 0.0
    whole: bool = False
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def exit_status(self) -> int:
        """0 when the whole file was sent and every event of it accepted."""
        return int(not self.whole or self.accepted != self.sent)

    def add(self, rows: int, outcome: Outcome) -> None:
        """Count a parcel of so many rows."""
        self.sent += rows
        self.accepted += outcome.accepted
        self.refused += outcome.refused
        self.lost += outcome.lost
        self.retries += outcome.retries
        for reason in outcome.reasons:
            if reason in self.reasons or len(self.reasons) < _MAX_REASONS:
                self.reasons[reason] += 1

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` writes."""
        return {
            "sent": self.sent,
            "accepted": self.accepted,
            "refused": self.refused,
            "lost": self.lost,
            "retries": self.retries,
            "whole": self.whole,
            "behind": round(self.behind, 3),
            "seconds": round(self.seconds, 3),
            "events_per_second": round(self._rate(), 1),
            "reasons": dict(self.reasons.most_common()),
        }

    def as_text(self) -> str:
        """The lines that people read at the end of a run."""
        rows = [(name, f"{getattr(self, name):,}") for name in ("sent", "accepted", "refused")]
        rows += [("lost", f"{self.lost:,}"), ("retries", f"{self.retries:,}")]
        rows += [("seconds", f"{self.seconds:,.2f}"), ("events/s", f"{self._rate():,.0f}")]
        lines = [f"{name:<12} {figure:>14}" for name, figure in rows]
        lines += [f"  {reason} ({times:,})" for reason, times in self.reasons.most_common()]
        if not self.whole:
            lines.append("ended by a signal")
        return "\n".join(lines)

    def _rate(self) -> float:
        return self.accepted / self.seconds if self.seconds else 0.0


def replay(
    parcels: Iterable[Parcel],
    connect: Callable[[], Sender],
    progress: Progress,
    stop: threading.Event,
    *,
    connections: int,
    speed: float | None,
) -> Totals:
    """Send every parcel, each when its last event is due, `speed` data seconds a real second.

    Without a speed they are sent as fast as they are answered. After `stop` what is on its way
    is awaited, and nothing new is sent.
    """
    waiting: queue.Queue[Parcel | None] = queue.Queue(connections * _WAITING)
    totals, lock = Totals(), threading.Lock()
    failures: list[BaseException] = []

    def work() -> None:
        sender = connect()
        try:
            while (parcel := waiting.get()) is not None:
                outcome = sender.send(parcel)
                with lock:
                    totals.add(parcel.rows, outcome)
                    progress.ended(parcel.rows)
        except BaseException as error:
            # A defect ends the whole run with its traceback, not silently.
            failures.append(error)
            stop.set()
            raise
        finally:
            sender.close()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(connections)]
    for thread in threads:
        thread.start()
    begun = time.monotonic()
    first: float | None = None
    totals.whole = True
    for parcel in parcels:
        if first is None:
            first = parcel.begins
        if speed is not None and parcel.ends is not None and first is not None:
            early = begun + (parcel.ends - first) / speed - time.monotonic()
            totals.behind = max(totals.behind, -early)
            stop.wait(max(0.0, early))
        if stop.is_set() or not _put(waiting, parcel, stop):
            totals.whole = False
            break
    for _ in threads:
        # A thread that has failed takes nothing more.
        if not failures:
            waiting.put(None)
    for thread in threads:
        if not failures:
            thread.join()
    if failures:
        raise failures[0]
    totals.seconds = time.monotonic() - begun
    return totals


def _put(waiting: "queue.Queue[Parcel | None]", parcel: Parcel, stop: threading.Event) -> bool:
    """Whether the parcel waits for a connection now; False where the run was ended before."""
    while not stop.is_set():
        try:
            waiting.put(parcel, timeout=_LOOK_SECONDS)
        except queue.Full:
            continue
        return True
    return False
