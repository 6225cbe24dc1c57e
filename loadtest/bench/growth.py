"""How the cost of a receipt grows: with the stores, and with the receipts that are there."""

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from pymongo import MongoClient

from loadtest.bench.harness import Options, Result
from loadtest.bench.observer import Observer
from loadtest.bench.private import System, running_system
from loadtest.bench.system import BATCH, CATCH_UP_SECONDS, Scenario, bodies, costs, times
from loadtest.bench.usage import Meter, resident_mib
from loadtest.http_client import Load, Sent, send_all
from loadtest.receipt_pool import generate
from tillstream.errors import TillstreamError

STORES = (1, 10, 100, 1_000)
POINTS = (10_000, 100_000, 1_000_000)
LONG_POINT = 10_000_000
#: So many are made, sent, counted and stored before the next ones: no queue, no file grows.
CHUNK = 250_000
#: To the end of the receipts, however slow the answers are.
TO_THE_END_SECONDS = 3600.0
MIB = 2**20


class Sizes(NamedTuple):
    """Which stores, which numbers of receipts, and the load that is the same at each of them."""

    stores: tuple[int, ...]
    points: tuple[int, ...]
    rate: int
    seconds: int


def sizes(options: Options) -> Sizes:
    """1 to 1,000 stores; 10,000 to a million receipts, ten in a long run."""
    if options.quick:
        return Sizes((1, 1_000), (1_000, 3_000), rate=200, seconds=2)
    return Sizes(STORES, (*POINTS, LONG_POINT) if options.long else POINTS, rate=1_000, seconds=10)


class Spent(NamedTuple):
    """Receipts that were sent, until all of the accepted ones were counted and stored."""

    requests: list[Sent]
    accepted: int
    seconds: float
    #: Processor seconds of each process.
    cpu: dict[str, float]


class Growing:
    """A system of so many stores that gets more and more receipts."""

    def __init__(self, system: System, observer: Observer, stores: int, file: Path) -> None:
        """`file` is where the receipts wait to be sent."""
        self._system = system
        self._observer = observer
        self._stores = stores
        self._file = file
        self._there = 0

    def fill(self, upto: int, series: Result) -> None:
        """Send batches, as fast as they are answered, until `upto` receipts are there."""
        # A batch that is not full would be none: the client counts full ones.
        asked = (upto - self._there) // BATCH * BATCH
        load = Load(None, BATCH, 8, TO_THE_END_SECONDS)
        parts = [self._send(load, min(CHUNK, left)) for left in range(asked, 0, -CHUNK)]
        name = f"to {upto:,} in batches"
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

    def _send(self, load: Load, count: int) -> Spent:
        generate(self._file, count, self._system.environ, "--stores", str(self._stores))
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
    first, *_ = chosen.points
    # Of batches, which cost less: they have the last rows. The first ones of all warm up.
    single, batches, warm_up = Result(), Result(), Result()
    for _ in range(options.rounds):
        for stores in chosen.stores:
            with _growing(stores) as system:
                system.fill(first, warm_up)
                name = f"{stores:,} store{'s' if stores > 1 else ''}"
                system.probe(single, name, chosen.rate, chosen.seconds)
        with _growing(max(chosen.stores)) as system:
            for point in chosen.points:
                system.fill(point, warm_up if point == first else batches)
                system.probe(single, f"{point:,} receipts", chosen.rate, chosen.seconds)
    return Result(
        measurements=[*single.measurements, *batches.measurements],
        notes=[
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
        ],
    )


@contextmanager
def _growing(stores: int) -> Iterator[Growing]:
    with (
        tempfile.TemporaryDirectory(prefix="tillstream-bench-") as folder,
        running_system() as system,
        Observer(system.amqp_url, system.mongo_url) as observer,
    ):
        yield Growing(system, observer, stores, Path(folder, "receipts.ndjson"))


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
