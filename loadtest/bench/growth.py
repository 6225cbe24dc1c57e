"""How the cost of a receipt grows: with the stores, and with the receipts that are there.

In a long run the receipts are of thirty days, a million each. The clocks of all rooms are set back,
and go on by a day when all of a day is counted and stored: days close as they would.
"""

import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from pymongo import MongoClient

from loadtest.bench.command import measured
from loadtest.bench.day_clock import DayClock
from loadtest.bench.harness import Options, Result
from loadtest.bench.load_tables import ALL, PROCESS, median
from loadtest.bench.observer import Observer
from loadtest.bench.private import ROOMS, System, running_system
from loadtest.bench.system import BATCH, CATCH_UP_SECONDS, Scenario, bodies, costs, times
from loadtest.bench.usage import Meter, resident_mib
from loadtest.http_client import Load, Sent, send_all
from loadtest.receipt_pool import generate
from tillstream.errors import TillstreamError

STORES = (1, 10, 100, 1_000)
POINTS = (10_000, 100_000, 1_000_000)
#: In a long run: the receipts of a day, and those that are there before the last one.
DAY, LONG_POINTS = 1_000_000, (29_000_000, 30_000_000)
#: CPU of a receipt of the last day against that of the first ones, times.
TARGET_GROWTH = 1.15
#: Of `verify` and `recount`, MiB.
TARGET_MEMORY = 700
#: The row of the first receipts in batches once more, at the end.
AGAIN = ", after the last"
#: So many are made, sent, counted and stored before the next ones: no queue, no file grows.
CHUNK = 250_000
#: To the end of the receipts, however slow the answers are.
TO_THE_END_SECONDS = 3600.0
MIB = 2**20


class Sizes(NamedTuple):
    """Which stores, which numbers of receipts, and the load that is the same at each of them."""

    stores: tuple[int, ...]
    points: tuple[int, ...]
    #: Receipts of a day; None where all are of one.
    day: int | None
    rate: int
    seconds: int


def sizes(options: Options) -> Sizes:
    """1 to 1,000 stores; 10,000 to a million receipts, thirty million in a long run."""
    if options.quick:
        day = 2_000 if options.long else None
        return Sizes((1, 1_000), (1_000, 3_000, 5_000), day, rate=200, seconds=2)
    if options.long:
        return Sizes(STORES, (*POINTS, *LONG_POINTS), DAY, rate=1_000, seconds=10)
    return Sizes(STORES, POINTS, None, rate=1_000, seconds=10)


class Spent(NamedTuple):
    """Receipts that were sent, until all of the accepted ones were counted and stored."""

    requests: list[Sent]
    accepted: int
    seconds: float
    #: Processor seconds of each process.
    cpu: dict[str, float]


class Growing:
    """A system of so many stores that gets more and more receipts."""

    def __init__(
        self, system: System, observer: Observer, stores: int, file: Path, clock: DayClock | None
    ) -> None:
        """`file` is where the receipts wait to be sent; without `clock` all are of today."""
        self._system = system
        self._observer = observer
        self._stores = stores
        self._file = file
        self._clock = clock
        self._there = 0

    def fill(self, upto: int, series: Result, suffix: str = "") -> None:
        """Send batches, as fast as they are answered, until `upto` receipts are there."""
        # A batch that is not full would be none: the client counts full ones.
        asked = (upto - self._there) // BATCH * BATCH
        upto = self._there + asked
        load = Load(None, BATCH, 8, TO_THE_END_SECONDS)
        parts: list[Spent] = []
        while left := upto - self._there:
            of_day = self._clock.left(self._there) if self._clock else left
            parts.append(self._send(load, min(CHUNK, left, of_day)))
        name = in_batches(upto) + suffix
        accepted = sum(part.accepted for part in parts)
        rate = accepted / sum(part.seconds for part in parts)
        series.add(f"{name}: end to end", "receipts/s", rate, "higher")
        cpu = {program: sum(part.cpu[program] for part in parts) for program in self._system.pids()}
        self._costs(series, name, cpu, accepted)
        series.add(f"{name}: refused", "receipts", asked - accepted, "lower", 0)

    def probe(self, series: Result, name: str, rate: int, seconds: int) -> None:
        """Send single receipts at a rate; what they cost beside all that are there already."""
        load = Load(rate, 1, 64, seconds)
        before = (self._there, self._there)
        spent = self._send(load, rate * seconds)
        times(series, Scenario(name, load), self._observer, spent.requests, before)
        self._costs(series, name, spent.cpu, spent.accepted)
        series.add(f"{name}: refused", "receipts", rate * seconds - spent.accepted, "lower", 0)

    def read(self, series: Result) -> None:
        """Prove and rebuild what is there, and say how fast and in how much memory."""
        self._read_by("verify", series)
        self._system.supervisor.control.stop("totals")
        self._read_by("recount", series)

    def _read_by(self, command: str, series: Result) -> None:
        done = measured(self._system, "analytics", command)
        what = f"{command} of {self._there:,}"
        series.add(f"{what}: end to end", "receipts/s", self._there / done.seconds, "higher")
        series.add(f"{what}: {PROCESS}{ALL}", "MiB", done.memory, "lower", TARGET_MEMORY)

    def _send(self, load: Load, count: int) -> Spent:
        environ = self._system.environ
        if self._clock:
            self._clock.go_on(self._there)
            environ = environ | self._clock.environ
        generate(self._file, count, environ, "--stores", str(self._stores))
        meter = Meter(self._system.pids())
        started = time.monotonic()
        with self._file.open("rb") as receipts:
            requests = send_all(self._system.entrypoint, load, bodies(load, receipts))
        accepted = sum(one.receipts for one in requests if one.accepted)
        self._there += accepted
        if not self._observer.wait_for(self._there, CATCH_UP_SECONDS):
            raise TillstreamError(
                f"{self._there:,} receipts are not counted and stored {CATCH_UP_SECONDS:.0f} s"
                " after the last one was accepted"
            )
        return Spent(requests, accepted, time.monotonic() - started, meter.cpu())

    def _costs(self, series: Result, name: str, cpu: dict[str, float], receipts: int) -> None:
        each = {program: seconds / receipts * 1e6 for program, seconds in cpu.items()}
        memory = {program: resident_mib(pid) for program, pid in self._system.pids().items()}
        costs(series, name, each, "us")
        costs(series, name, memory, "MiB")
        for what, mib in on_disk(self._system).items():
            series.add(f"{name}: {what} on disk", "MiB", mib, "lower")


def run(options: Options) -> Result:
    """A private system for each number of stores, and one that grows from point to point."""
    chosen = sizes(options)
    first, second, *_, last = chosen.points
    # Of batches, which cost less: they have the last rows. The first ones of all warm up.
    single, batches, warm_up = Result(), Result(), Result()
    for _ in range(options.rounds):
        for stores in chosen.stores:
            with _growing(stores) as system:
                system.fill(first, warm_up)
                name = f"{stores:,} store{'s' if stores > 1 else ''}"
                system.probe(single, name, chosen.rate, chosen.seconds)
        with _growing(max(chosen.stores), chosen) as system:
            for point in chosen.points:
                system.fill(point, warm_up if point == first else batches)
                system.probe(single, f"{point:,} receipts", chosen.rate, chosen.seconds)
            if chosen.day:
                system.read(batches)
        if chosen.day:
            # The machine may be another one by now: the beginning once more.
            with _growing(max(chosen.stores), chosen) as system:
                system.fill(first, warm_up)
                system.fill(second, batches, AGAIN)
    notes = [
        f"Rows of stores and of receipts: {chosen.rate:,} single POSTs/s for"
        f" {chosen.seconds} s to a system of so many stores with 4 tills each that has"
        f" {first:,} receipts, or to one of {max(chosen.stores):,} stores that has so many"
        f" receipts. Rows in batches: batches of {BATCH}, as fast as they are answered, in"
        f" portions of at most {CHUNK:,} that are made before the clock starts.",
        "CPU of a receipt: processor time from the first POST until all are counted and"
        " stored, by the number of receipts. What the processes take when idle is in it.",
        "On disk: the ledger's SQLite files; MongoDB's collections and indexes after a"
        " checkpoint; RabbitMQ's folder, whose log keeps every receipt. MongoDB's cache is"
        " bounded (0.5 GB).",
    ]
    if chosen.day:
        add_growth(batches, second, last)
        notes.append(
            f"Each {chosen.day:,} receipts are of one day: the clocks of all rooms begin in the"
            " past and go on by a day after each of them (libfaketime). Against"
            f" {second:,}: the mean of the row before and of the one from a new system after"
            " the last receipt. `verify` and `recount`: all of it, the largest memory of all"
            " their processes."
        )
    return Result(measurements=[*single.measurements, *batches.measurements], notes=notes)


def add_growth(batches: Result, second: int, last: int) -> None:
    """What a receipt costs at last, by what it cost at first."""
    names = (in_batches(last), in_batches(second), in_batches(second) + AGAIN)
    at_last, *at_first = (median(batches, name, f"{PROCESS}{ALL}", "us") or 0 for name in names)
    times_as_much = at_last / statistics.mean(at_first)
    name = f"{in_batches(last)}: CPU of a receipt against {second:,}"
    batches.add(name, "times", times_as_much, "lower", TARGET_GROWTH)


def in_batches(point: int) -> str:
    """The row of those up to a point."""
    return f"to {point:,} in batches"


@contextmanager
def _growing(stores: int, of_days: Sizes | None = None) -> Iterator[Growing]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tillstream-bench-")))
        clock = None
        if of_days and of_days.day:
            clock = DayClock(folder / "clock", of_days.day, max(of_days.points))
        clocks = dict.fromkeys(ROOMS, clock.environ) if clock else {}
        system = stack.enter_context(running_system(program_environ=clocks))
        observer = stack.enter_context(Observer(system.amqp_url, system.mongo_url))
        yield Growing(system, observer, stores, folder / "receipts.ndjson", clock)


def on_disk(system: System) -> dict[str, float]:
    """MiB of the ledger, of MongoDB and of RabbitMQ."""
    with MongoClient[dict[str, Any]](system.mongo_url) as client:
        # What lies on disk is told as of the last checkpoint.
        client.admin.command("fsync")
        database = client["tillstream"].command("dbStats")
    return {
        "ledger": _mib((system.data_dir / "analytics").glob("totals.sqlite3*")),
        "MongoDB": (database["storageSize"] + database["indexSize"]) / MIB,
        "RabbitMQ": _mib((system.data_dir / "rabbitmq").rglob("*")),
    }


def _mib(files: Iterable[Path]) -> float:
    total = 0
    for file in files:
        # Whoever writes them also removes some.
        with suppress(FileNotFoundError):
            total += file.stat().st_size
    return total / MIB
