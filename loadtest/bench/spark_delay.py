"""From the POST to the `count` snapshot, where Spark counts and where the worker does."""

import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from loadtest.bench.harness import Options, Result
from loadtest.bench.observer import Observer, delays, percentile
from loadtest.bench.private import System, running, running_system
from loadtest.bench.system import bodies
from loadtest.http_client import Load, send_all
from loadtest.receipt_pool import generate
from loadtest.waiting import wait_until

RATE, CONNECTIONS = 1_000, 64
#: A JVM's first micro-batches, and what came meanwhile, seconds.
COUNTED_SECONDS = 180.0
#: Of the issue, seconds, with a trigger of a second.
TARGET_P99 = 3.0

_ENGINES = {"the worker": ("analytics", "totals"), "Spark": ("spark", "receipts")}


def measure(options: Options, series: Result) -> None:
    """Each engine in turn, on a system of its own, in each round."""
    seconds = options.size(30, 5)
    series.notes.append(
        f"POST to `count`: {RATE:,} single receipts a second for {seconds} s over {CONNECTIONS}"
        " connections, SPARK_TRIGGER_SECONDS is 1; from when a receipt was due to the first"
        " snapshot, pushed to who watches, that has as many. Before that as many were counted."
    )
    for _ in range(options.rounds):
        for name, argv in _ENGINES.items():
            environ = {"SPARK_TRIGGER_SECONDS": "1"}
            with running_system(("entrypoint", "persistence"), environ=environ) as system:
                _delays(series, system, name, argv, seconds)


def _delays(
    series: Result, system: System, name: str, argv: tuple[str, ...], seconds: float
) -> None:
    """Twice the load: a first one warms the engine up."""
    load = Load(RATE, 1, CONNECTIONS, seconds)
    with (
        tempfile.TemporaryDirectory(prefix="tillstream-bench-") as folder,
        running([sys.executable, "-m", *argv], system.environ | {"LOG_LEVEL": "ERROR"}),
        Observer(system.amqp_url, system.mongo_url) as observer,
    ):
        file = Path(folder, "receipts.ndjson")
        generate(file, round(2 * RATE * seconds), system.environ)
        with file.open("rb") as receipts:
            before = _send(system, load, receipts, observer, 0)
            sent = _send(system, load, receipts, observer, len(before))
    found = delays(sent, len(before), observer.counted)
    for what, share, target in (("p50", 0.5, None), ("p99", 0.99, TARGET_P99)):
        wanted = target if name == "Spark" else None
        value = percentile(found, share)
        series.add(f"POST to count, {name}: {what}", "s", value, "lower", wanted)


def _send(
    system: System, load: Load, receipts: BinaryIO, observer: Observer, before: int
) -> list[float]:
    """When each accepted receipt was due; all of them are counted."""
    sent = send_all(system.entrypoint, load, bodies(load, receipts))
    dues = [one.due for one in sent if one.accepted]
    counted, wanted = observer.counted, before + len(dues)
    if not wait_until(
        lambda: bool(counted) and counted[-1].receipts >= wanted, COUNTED_SECONDS, 0.05
    ):
        raise TimeoutError(f"{counted[-1:]} of {wanted} receipts counted")
    return dues
