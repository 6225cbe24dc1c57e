"""Queues, rates and the ledger's lag at one moment, from what was sampled each second. Pure."""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from dashboard.state.heard import Newest
from dashboard.state.progress import BEHIND_SECONDS
from tillstream import topology
from tillstream.snapshots import CountSnapshot

#: Samples that are kept, one a second: so far back a lag is known.
MAX_SAMPLES = 600
#: A rate of a counter is over so many seconds.
RATE_SECONDS = 10.0

Depths = Mapping[str, tuple[int, int]]


class QueueState(msgspec.Struct, frozen=True, rename="camel"):
    """One queue. Rates are receipts a second; None where nobody tells."""

    name: str
    #: Messages that wait, of one receipt or several; None for a stream, which keeps them all.
    messages: int | None
    #: Not of a stream: RabbitMQ 3.10 does not count those.
    consumers: int | None
    rate_in: float | None
    rate_out: float | None


class Ledger(msgspec.Struct, frozen=True, rename="camel"):
    """How far the totals worker has read the log."""

    next_offset: int | None
    log_offset: int | None
    #: 0 at the end of the log; None when nobody tells.
    behind_seconds: float | None
    #: When it had last read all that the log then had, Unix seconds.
    caught_up_at: float | None
    #: How often the log was found to be another one, or shorter than what was counted of it.
    log_epoch: int | None


class _Sample(NamedTuple):
    at: float
    arrived: int
    counted: int
    dead: int
    log_offset: int | None


class Samples:
    """What the workers said, second by second."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=MAX_SAMPLES)
        self._caught_up_at: float | None = None

    def add(self, now: float, newest: Newest) -> None:
        """Take note of the workers' newest snapshots."""
        stored, totals, tills, rate = newest.stored, newest.totals, newest.tills, newest.rate
        sample = _Sample(
            now,
            stored.stored + stored.duplicates + stored.dead_lettered if stored else 0,
            (totals.count if totals else 0) + (tills.duplicates if tills else 0),
            stored.dead_lettered if stored else 0,
            rate.log_offset if rate else None,
        )
        self._samples.append(sample)
        if totals and totals.next_offset is not None and self._unread(totals, now) is None:
            self._caught_up_at = totals.as_of

    def ledger(self, newest: Newest, now: float) -> Ledger:
        """Offsets have holes, so that the lag is told in time: since when the rate worker has
        seen what the ledger had not read when it last spoke."""
        totals, rate, tills = newest.totals, newest.rate, newest.tills
        next_offset = totals.next_offset if totals else None
        log_offset = rate.log_offset if rate else None
        behind: float | None = None
        if totals and next_offset is not None and log_offset is not None:
            unread = self._unread(totals, now)
            behind = 0.0 if unread is None else round(now - unread, 1)
        epoch = tills.log_epoch if tills else None
        return Ledger(next_offset, log_offset, behind, self._caught_up_at, epoch)

    def queues(self, depths: Depths, newest: Newest) -> list[QueueState]:
        """Every queue of the topology that the broker knows, with what the workers say of it."""
        received = newest.rate.average_per_minute / 60 if newest.rate else None
        rates = {
            topology.PERSISTENCE_QUEUE: (received, self._rate("arrived")),
            topology.RECEIPTS_LOG: (received, self._rate("counted")),
            topology.DEAD_LETTERS: (self._rate("dead"), None),
        }
        found = []
        for queue in topology.queues():
            if queue.name not in depths:
                continue
            stream = queue.arguments.get("x-queue-type") == "stream"
            messages, consumers = (None, None) if stream else depths[queue.name]
            found.append(
                QueueState(queue.name, messages, consumers, *rates.get(queue.name, (None, None)))
            )
        return found

    def _unread(self, totals: CountSnapshot, now: float) -> float | None:
        """When the log was first seen to hold what the ledger has not read; None at its end."""
        next_offset = totals.next_offset or 0
        for sample in self._samples:
            if sample.log_offset is not None and sample.log_offset >= next_offset:
                # The ledger may have read it since it last spoke.
                told = sample.at <= totals.as_of or now - sample.at > BEHIND_SECONDS
                return sample.at if told else None
        return None

    def _rate(self, counter: str) -> float | None:
        if not self._samples:
            return None
        last = self._samples[-1]
        for first in self._samples:
            if last.at - first.at <= RATE_SECONDS:
                break
        grown = int(getattr(last, counter)) - int(getattr(first, counter))
        # A worker that starts anew counts from zero.
        if last.at <= first.at or grown < 0:
            return None
        return round(grown / (last.at - first.at), 1)
