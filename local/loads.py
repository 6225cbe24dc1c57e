"""How much doors and persistence workers have to do: seen once, judged as high, low or right."""

import contextlib
import http.client
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import pika.exceptions
from pika.adapters.blocking_connection import BlockingConnection
from prometheus_client.parser import text_string_to_metric_families

from tillstream import topology
from tillstream.runtime import broker

#: `right` is neither, or not known.
Load = Literal["high", "low", "right"]
#: The processes of a kind that run, by name, and the time, seconds: the load, and what was seen.
Look = Callable[[Mapping[str, int], float], tuple[Load, str]]

#: A door is at its limit when it computes, or waits for a core, for so large a part of the time...
BUSY_HIGH = 0.7
#: ...and computes for so large a part: on a machine that is full with others a further door would
#: wait as well.
COMPUTES_HIGH = 0.1
#: There is one door too many when those that stay would compute for less.
COMPUTES_LOW = 0.35

#: Persistence workers have too much to do with so many messages in the queue, as many as one takes
#: at once, or a receipt that has waited so long, seconds...
WAITING_HIGH, AGE_HIGH = 1_000, 1.0
#: ...and little to do with none in the queue and none that has waited so long, seconds.
AGE_LOW = 0.5
#: Without a stored receipt for so long, seconds, the queue is not drained.
STALLED_SECONDS = 2.0
#: Longest wait for a worker's figures, seconds.
ASK_SECONDS = 1.0
#: What a worker counts of the receipts that it has dealt with.
SETTLED = ("tillstream_stored_receipts_total", "tillstream_not_stored_receipts_total")


class Times(NamedTuple):
    """Of all threads of a process, nanoseconds since its start."""

    computed: int
    waited: int


def times_of(pid: int) -> Times:
    """What Linux says of a process: time on a core, and time ready and without one.

    Raises OSError where it has ended, or Linux was made without these figures.
    """
    found = [file.read_text().split() for file in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return Times(sum(int(each[0]) for each in found), sum(int(each[1]) for each in found))


class DoorLoad:
    """By the time that the doors compute: a door is one thread at work."""

    def __init__(self, times: Callable[[int], Times] = times_of) -> None:
        self._times = times
        self._before: dict[int, Times] = {}
        self._at = 0.0

    def look(self, pids: Mapping[str, int], now: float) -> tuple[Load, str]:
        """Since the last look. Of a door that was not there then nothing is known."""
        found = {pid: self._times(pid) for pid in pids.values() if pid}
        before, passed = self._before, (now - self._at) * 1e9
        self._before, self._at = found, now
        if not found or not found.keys() <= before.keys() or passed <= 0:
            return "right", "not known"
        # A thread that has ended takes its time along.
        computed = sum(max(0, found[pid].computed - before[pid].computed) for pid in found)
        waited = sum(max(0, found[pid].waited - before[pid].waited) for pid in found)
        return doors(len(found), computed / passed, waited / passed)


def doors(running: int, computed: float, waited: float) -> tuple[Load, str]:
    """The load of `running` doors that computed and waited for so many cores, in all."""
    busy = min(1.0, (computed + waited) / running)
    why = f"the doors are busy for {busy:.0%} of the time and compute for {computed / running:.0%}"
    if busy >= BUSY_HIGH and computed / running >= COMPUTES_HIGH:
        return "high", why
    if computed < COMPUTES_LOW * max(1, running - 1):
        return "low", why
    return "right", why


class Writing(NamedTuple):
    """What a persistence worker says of itself."""

    #: Receipts that it has dealt with since its start.
    settled: float
    #: How long the oldest of what it writes has waited, seconds.
    age: float


class WriterLoad:
    """By the queue that the persistence workers share, and how they drain it."""

    def __init__(self, amqp_url: str, ports: Mapping[str, int]) -> None:
        """`ports`: where each is watched, by name."""
        self._url = amqp_url
        self._ports = ports
        self._connection: BlockingConnection | None = None
        self._settled: dict[str, float] = {}
        self._drained_at = -STALLED_SECONDS

    def look(self, pids: Mapping[str, int], now: float) -> tuple[Load, str]:
        """As of now; not known while the broker or a worker does not answer."""
        try:
            found = {name: writing(self._ports[name]) for name in pids}
            waiting = self._waiting()
        except (OSError, http.client.HTTPException, pika.exceptions.AMQPError):
            return "right", "not known"
        before, self._settled = self._settled, {n: each.settled for n, each in found.items()}
        if any(each.settled > before.get(name, each.settled) for name, each in found.items()):
            self._drained_at = now
        oldest = max((each.age for each in found.values()), default=0.0)
        return writers(waiting, oldest, drains=now - self._drained_at < STALLED_SECONDS)

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            with contextlib.suppress(pika.exceptions.AMQPError, OSError):
                self._connection.close()
            self._connection = None

    def _waiting(self) -> int:
        if self._connection is None or not self._connection.is_open:
            self._connection = broker.connect(self._url, "scaling")
        with self._connection.channel() as channel:
            queue = channel.queue_declare(topology.PERSISTENCE_QUEUE, passive=True)
        return int(queue.method.message_count)


def writers(waiting: int, age: float, *, drains: bool) -> tuple[Load, str]:
    """The load of persistence workers; `drains`: something was stored just now."""
    why = f"{waiting} messages wait for the archive, the oldest receipt for {age:.1f} s"
    if waiting >= WAITING_HIGH or age >= AGE_HIGH:
        # Where nothing is stored MongoDB is away, and one more worker would wait as well.
        return ("high" if drains else "right"), why
    return ("low" if waiting == 0 and age < AGE_LOW else "right"), why


def writing(port: int) -> Writing:
    """The figures of a worker; raises OSError, HTTPException."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ASK_SECONDS)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    settled = age = 0.0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in SETTLED:
                settled += sample.value
            elif sample.name == "tillstream_behind_seconds":
                age = sample.value
    return Writing(settled, age)
