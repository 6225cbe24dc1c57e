"""Watches from outside how many receipts are counted and stored, and when."""

import threading
import time
from bisect import bisect_left
from typing import NamedTuple, Self

import msgspec

from loadtest.system_reader import Archive, main_currency
from loadtest.waiting import wait_until
from tillstream import topology
from tillstream.runtime import broker
from tillstream.snapshots import CountSnapshot

#: How often MongoDB is asked for its number of documents: the grain of the time to the archive.
POLL_SECONDS = 0.05

_decoder = msgspec.json.Decoder(CountSnapshot)


class Sample(NamedTuple):
    """At `at` (Unix seconds) so many receipts were there."""

    at: float
    receipts: int


class Observer:
    """Samples of `count` snapshots as they arrive, and of MongoDB, from two threads.

    Of snapshots those of the chain's main currency: what is measured is sold in it alone. Receipts
    of several days are added up: one day is all counted before the next one begins.
    """

    def __init__(self, amqp_url: str, mongo_url: str, currency: str | None = None) -> None:
        self._currency = currency or main_currency()
        self._urls = (amqp_url, mongo_url)
        self.counted: list[Sample] = []
        self.stored: list[Sample] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=watch, daemon=True)
            for watch in (self._watch_count, self._watch_archive)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, receipts: int, timeout_seconds: float) -> bool:
        """Whether both reached `receipts` in time."""
        both = (self.counted, self.stored)
        return wait_until(
            lambda: all(seen and seen[-1].receipts >= receipts for seen in both),
            timeout_seconds,
            POLL_SECONDS,
        )

    def _watch_count(self) -> None:
        # Pushed by the broker: a question every so often would add its own wait to each delay.
        with broker.connect(self._urls[0], "observer") as connection:
            channel = connection.channel()
            queue = channel.queue_declare("", exclusive=True).method.queue
            channel.queue_bind(queue, topology.COUNT)
            days: dict[str, int] = {}
            for _, _, body in channel.consume(
                queue, auto_ack=True, inactivity_timeout=POLL_SECONDS
            ):
                if self._stop.is_set():
                    return
                if body is None:
                    continue
                snapshot = _decoder.decode(body)
                # Each other currency of the day has a message of its own.
                if snapshot.currency == self._currency:
                    days[snapshot.day] = snapshot.count
                    self.counted.append(Sample(time.time(), sum(days.values())))

    def _watch_archive(self) -> None:
        archive = Archive(self._urls[1])
        while not self._stop.wait(POLL_SECONDS):
            receipts = archive.documents()
            self.stored.append(Sample(time.time(), receipts))
        archive.close()


def delays(dues: list[float], before: int, samples: list[Sample]) -> list[float]:
    """Seconds until the n-th receipt was there: the first sample of at least before + n + 1.

    `dues` are in order. Receipts that no sample shows are left out.
    """
    ends = [sample.receipts for sample in samples]
    found: list[float] = []
    for number, due in enumerate(dues, 1):
        place = bisect_left(ends, before + number)
        if place < len(samples):
            found.append(samples[place].at - due)
    return found


def reached(samples: list[Sample], receipts: int) -> float | None:
    """When at least `receipts` were there first; None when never."""
    return next((sample.at for sample in samples if sample.receipts >= receipts), None)


def percentile(values: list[float], share: float) -> float:
    """The nearest-rank percentile; 0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
