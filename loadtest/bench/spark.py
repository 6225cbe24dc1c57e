"""The workers' own engines and Spark on the same logs: how fast, at what cost, in how much memory.

Each engine counts a log that is there, from its first message into a state of its own. What is
measured is warm: from when a third of the log is counted to its end.
"""

import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from loadtest.bench import events_state, ledger, spark_delay
from loadtest.bench.event_bodies import ARROW, prepared
from loadtest.bench.event_load import EventLoad
from loadtest.bench.harness import Options, Result
from loadtest.bench.log_writer import MESSAGE_RECEIPTS
from loadtest.bench.private import System, running, running_system
from loadtest.bench.usage import PeakMemory, cpu_seconds, proportional_mib
from tillstream.errors import TillstreamError
from tillstream.runtime import data_folder
from tillstream.runtime.spark_needs import require_java

#: Of the issue.
TARGET_EVENTS, TARGET_RECEIPTS, TARGET_GROWTH = 350_000, 40_000, 1.7
BODY_EVENTS = 10_000
LOOK_SECONDS = 0.1
END_SECONDS = 600.0


class BehindError(TillstreamError):
    """An engine that has not come to the end of a log in time, or not to what was sent."""


class Engine(NamedTuple):
    """Who counts: its name, and what is run for receipts and for windows."""

    name: str
    receipts: tuple[str, ...]
    windows: tuple[str, ...]
    cores: int | None = None


ENGINES = (
    Engine("the worker", ("analytics", "totals"), ("events", "worker", "--no-archive")),
    *(
        Engine(
            f"Spark, {cores} core" + "s" * (cores > 1),
            ("spark", "receipts"),
            ("spark", "windows", "--no-archive"),
            cores,
        )
        for cores in (1, 2)
    ),
)


class Warm(NamedTuple):
    """What an engine did of the last two thirds of a log."""

    rate: float
    cpu_us: float
    mib: float


def run(options: Options) -> Result:
    """Rates, CPU and memory of each engine on logs of receipts and of events, and delays."""
    require_java()
    receipts = options.size(600_000, 20_000)
    seconds = options.size(10, 2)
    series = Result()
    series.notes += [
        f"{receipts:,} receipts in messages of {MESSAGE_RECEIPTS}; events of a shop in bodies of"
        f" {BODY_EVENTS:,} as Arrow, what the door takes in {seconds} s, counted in the windows of"
        " `streams/shop.toml`. The broker runs beside it; nobody sends meanwhile.",
        "Warm: from a third of the log to its end. CPU is of the engine's processes, JVM and"
        " executors included; memory their largest (PSS). SPARK_TRIGGER_SECONDS is 0.",
    ]
    for _ in range(options.rounds):
        with running_system((), ["rabbitmq"]) as system:
            ledger.fill(system, receipts, MESSAGE_RECEIPTS)
            _each(series, "receipts", TARGET_RECEIPTS, lambda one: _receipts(system, one, receipts))
        with _shop(seconds, options) as (system, events):
            _each(series, "events", TARGET_EVENTS, lambda one: _windows(system, one, events))
    spark_delay.measure(options, series)
    return series


def _each(series: Result, what: str, target: int, warm: Callable[[Engine], Warm]) -> None:
    rates: dict[int | None, float] = {}
    for engine in ENGINES:
        found = warm(engine)
        rates[engine.cores] = found.rate
        wanted = target if engine.cores == 2 else None
        series.add(f"{what}: {engine.name}", f"{what}/s", found.rate, "higher", wanted)
        series.add(f"{what}: {engine.name}, CPU", "us each", found.cpu_us, "lower")
        series.add(f"{what}: {engine.name}, memory", "MiB", found.mib, "lower")
    growth = rates[2] / rates[1]
    series.add(f"{what}: Spark, 2 cores to 1", "times", growth, "higher", TARGET_GROWTH)


def _receipts(system: System, engine: Engine, receipts: int) -> Warm:
    with _folder(system, engine) as own:
        path = own.data_dir / data_folder.LEDGER

        def counted() -> int:
            return (_next_offset(path) or 0) * MESSAGE_RECEIPTS

        end = receipts // MESSAGE_RECEIPTS * MESSAGE_RECEIPTS
        return _warm(own, engine.receipts, counted, end)


def _windows(system: System, engine: Engine, events: int) -> Warm:
    with _folder(system, engine) as own:

        def counted() -> int:
            try:
                return events_state.committed(own).events
            except sqlite3.OperationalError:
                return 0

        found = _warm(own, engine.windows, counted, events)
        if counted() != events:
            raise BehindError(f"{engine.name} counted {counted()} of {events} events")
        return found


def _warm(system: System, argv: tuple[str, ...], counted: Callable[[], int], end: int) -> Warm:
    samples = [(time.monotonic(), 0, 0.0)]
    command = [sys.executable, "-m", *argv]
    with (
        running(command, system.environ | {"LOG_LEVEL": "ERROR"}) as process,
        PeakMemory(lambda: proportional_mib(process.pid)) as memory,
    ):
        deadline = time.monotonic() + END_SECONDS
        while samples[-1][1] < end:
            if time.monotonic() > deadline or process.poll() is not None:
                raise BehindError(f"python -m {' '.join(argv)}: {counted()} of {end} counted")
            time.sleep(LOOK_SECONDS)
            samples.append((time.monotonic(), counted(), cpu_seconds(process.pid)))
    # From a commit to a commit. One may count all of a short log.
    begun = next(sample for sample in samples if sample[1] >= end / 3)
    begun = begun if begun[1] < samples[-1][1] else samples[0]
    at, number, cpu = (last - first for first, last in zip(begun, samples[-1], strict=True))
    return Warm(number / at, 1e6 * cpu / number, memory.mib)


@contextmanager
def _folder(system: System, engine: Engine) -> Iterator[System]:
    """The system as the engine sees it: with a state of its own."""
    folder = system.data_dir / "engine"
    folder.mkdir()
    environ = system.environ | {
        "DATA_DIR": str(folder),
        "SPARK_TRIGGER_SECONDS": "0",
    }
    if engine.cores is not None:
        environ["SPARK_CORES"] = str(engine.cores)
    try:
        yield system._replace(data_dir=folder, environ=environ)
    finally:
        shutil.rmtree(folder)


@contextmanager
def _shop(seconds: float, options: Options) -> Iterator[tuple[System, int]]:
    """A log of events, and how many there are."""
    with tempfile.TemporaryDirectory(prefix="tillstream-bench-") as name:
        bodies = prepared(Path(name), options.size(40, 4), BODY_EVENTS, ARROW)
        streams = Path(name) / "streams"
        streams.mkdir()
        shutil.copy(Path("streams") / "shop.toml", streams)
        environ = {"STREAMS_DIR": str(streams)}
        with running_system(("entrypoint",), ["rabbitmq"], environ=environ) as system:
            load = EventLoad(system.entrypoint, bodies, 2)
            load.run(seconds)
            yield system, load.figures.events


def _next_offset(path: Path) -> int | None:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as file:
            row = file.execute("SELECT next_offset FROM progress").fetchone()
    except sqlite3.OperationalError:
        return None
    return None if row is None else row[0]
