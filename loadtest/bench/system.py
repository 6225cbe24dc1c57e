"""The whole path: from the POST to the `count` snapshot and to MongoDB, and what it costs."""

import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from loadtest.bench.harness import Options, Result
from loadtest.bench.load_tables import ALL, PROCESS
from loadtest.bench.observer import Observer, delays, percentile, reached
from loadtest.bench.private import System, running_system
from loadtest.bench.usage import Meter
from loadtest.http_client import Load, Sent, send_all
from loadtest.receipt_pool import generate

#: Seconds until everything that was accepted has to be counted and stored.
CATCH_UP_SECONDS = 120.0
#: For what a start has left to do, and until a rush is over for everybody.
SETTLE_SECONDS, QUIET_SECONDS = 10, 60
IDLE_SECONDS = 10
BATCH = 100


class Scenario(NamedTuple):
    """A load, by its name in the table, and the end-to-end rate that it was to reach."""

    name: str
    load: Load
    target: float | None = None
    snapshot_p99: float | None = None


def scenarios(options: Options) -> list[Scenario]:
    """From a quiet day to saturation; batches travel by 100."""
    seconds, long = options.size(15, 2), options.size(60, 3)
    return [
        Scenario("200/s", Load(200, 1, 64, seconds)),
        Scenario("1,000/s", Load(1000, 1, 64, seconds), snapshot_p99=0.25),
        Scenario("5,000/s", Load(5000, 1, 64, seconds)),
        Scenario("200/s in batches", Load(200, BATCH, 64, seconds)),
        Scenario("1,000/s in batches", Load(1000, BATCH, 64, seconds)),
        Scenario("5,000/s in batches", Load(5000, BATCH, 64, seconds)),
        Scenario("single POSTs, saturated", Load(None, 1, 64, long), target=3000),
        Scenario("batches, saturated", Load(None, BATCH, 8, long), target=15_000),
    ]


def run(options: Options) -> Result:
    """Every scenario in each round, on one private system that keeps what it has."""
    series = Result()
    series.notes += [
        "Everything on one machine: the client, RabbitMQ, MongoDB and every room. The client"
        f" sends prepared bytes over 64 kept-alive connections (8 where batches of {BATCH}"
        " saturate), and has its own column, with whoever watches `count` and MongoDB.",
        "At a rate, delays run from the intended send time to the first `count` snapshot, pushed"
        " to who watches, and the first look at MongoDB (every 50 ms) that show as many receipts.",
        "Where other programs took cores, the figures say what was left of the machine.",
        "Accepted, counted, stored: the receipts by the seconds until all of them were, or by those"
        " of the load if they are more; end to end is the least of the three.",
    ]
    with (
        tempfile.TemporaryDirectory(prefix="tillstream-bench-") as folder,
        running_system() as system,
    ):
        file = Path(folder, "receipts.ndjson")
        generate(file, options.size(2_000_000, 80_000) * options.rounds, system.environ)
        with file.open("rb") as receipts, Observer(system.amqp_url, system.mongo_url) as observer:
            warm_up = Load(500, 1, 16, options.size(10, 1))
            send_all(system.entrypoint, warm_up, bodies(warm_up, receipts))
            observer.wait_for(500 * options.size(10, 1), CATCH_UP_SECONDS)
            for _ in range(options.rounds):
                idle(series, system, "idle, just started", options, SETTLE_SECONDS)
            for _ in range(options.rounds):
                for scenario in scenarios(options):
                    measure(series, system, observer, scenario, receipts)
                idle(series, system, "idle, after a rush", options, QUIET_SECONDS)
    return series


def idle(series: Result, system: System, name: str, options: Options, quiet_seconds: int) -> None:
    """What the system takes when nothing happens, and has not happened for `quiet_seconds`."""
    time.sleep(options.size(quiet_seconds, 1))
    meter = Meter(system.pids())
    time.sleep(options.size(IDLE_SECONDS, 2))
    used = meter.read()
    costs(series, name, used.cores, "cores", 0.05)
    costs(series, name, used.mib, "MiB", 1000)
    series.add(f"{name}: other programs", "cores", meter.others(), "lower")


def measure(
    series: Result, system: System, observer: Observer, scenario: Scenario, receipts: BinaryIO
) -> None:
    """One scenario, from its first POST until all of it is counted and stored."""
    name, load = scenario.name, scenario.load
    before = observer.stored[-1].receipts
    counted_before = observer.counted[-1].receipts
    meter = Meter(system.pids())
    started = time.time()
    sent = send_all(system.entrypoint, load, bodies(load, receipts))
    used, own, others = meter.read(), meter.own(), meter.others()
    accepted = sum(one.receipts for one in sent if one.accepted)
    whole = observer.wait_for(counted_before + accepted, CATCH_UP_SECONDS)
    ends = {
        "accepted": max(one.answered for one in sent),
        "counted": reached(observer.counted, counted_before + accepted),
        "stored": reached(observer.stored, before + accepted),
    }
    missing = (
        0
        if whole
        else accepted
        - min(observer.counted[-1].receipts - counted_before, observer.stored[-1].receipts - before)
    )
    series.add(f"{name}: lost", "receipts", missing, "lower", 0)
    refused = sum(one.receipts for one in sent if not one.accepted)
    series.add(f"{name}: refused", "receipts", refused, "lower", 0)
    for what, end in ends.items():
        if end is not None:
            rate = accepted / max(end - started, load.seconds)
            series.add(f"{name}: {what}", "receipts/s", rate, "higher")
    if whole:
        last = max(end for end in ends.values() if end is not None)
        rate = accepted / max(last - started, load.seconds)
        series.add(f"{name}: end to end", "receipts/s", rate, "higher", scenario.target)
    if load.rate is not None:
        times(series, scenario, observer, sent, (counted_before, before))
    costs(series, name, used.cores, "cores")
    costs(series, name, used.mib, "MiB")
    series.add(f"{name}: client and observer", "cores", own, "lower")
    series.add(f"{name}: other programs", "cores", others, "lower")


def times(
    series: Result,
    scenario: Scenario,
    observer: Observer,
    sent: list[Sent],
    before: tuple[int, int],
) -> None:
    """From when a receipt was due to its answer, to a snapshot and to MongoDB.

    `before` is how many were counted and stored before the first one.
    """
    accepted = [one for one in sent if one.accepted]
    dues = [one.due for one in accepted for _ in range(one.receipts)]
    points = {
        "answer": [one.answered - one.due for one in accepted],
        "snapshot": delays(dues, before[0], observer.counted),
        "MongoDB": delays(dues, before[1], observer.stored),
    }
    for what, values in points.items():
        goal = scenario.snapshot_p99 if what == "snapshot" else None
        name = f"{scenario.name}: POST to {what}"
        series.add(f"{name}, p50", "s", percentile(values, 0.5), "lower")
        series.add(f"{name}, p99", "s", percentile(values, 0.99), "lower", goal)


def costs(
    series: Result,
    name: str,
    figures: dict[str, float],
    unit: str,
    target: float | None = None,
) -> None:
    """What each process took, and all of them; `target` is what all were to reach."""
    for program, figure in sorted(figures.items()):
        series.add(f"{name}: {PROCESS}{program}", unit, figure, "lower")
    series.add(f"{name}: {PROCESS}{ALL}", unit, sum(figures.values()), "lower", target)


def bodies(load: Load, receipts: BinaryIO) -> Callable[[], bytes]:
    """Gives the receipts of the file, as many at once as the load says."""

    def body() -> bytes:
        lines = list(islice(receipts, load.batch))
        # A rest at the end of the file is not sent: the client counts a request as a full one.
        return b"".join(lines) if len(lines) == load.batch else b""

    return body
