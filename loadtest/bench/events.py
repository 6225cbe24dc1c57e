"""Events from the POST to committed windows: rates, delay, what they cost, and exactness."""

import bisect
import sqlite3
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from loadtest.bench.event_bodies import CSV, Figures, prepared
from loadtest.bench.event_load import EventLoad
from loadtest.bench.harness import Options, Result
from loadtest.bench.observer import percentile
from loadtest.bench.private import ROOMS, System, running_system
from loadtest.bench.usage import Meter
from tillstream.codec import NDJSON
from tillstream.errors import TillstreamError

#: The events worker's state of the windows, below the data folder.
_STATE = Path("events", "state.sqlite3")
_MEASURES = (
    *("nr_of_events", "nr_items_viewed", "nr_items_put_in_cart"),
    *("nr_items_sold", "value_items_sold_in_cent"),
)
_CONNECTIONS = 4
_BODIES, _BODY_EVENTS = 40, 8_000
_OFFERED = 300_000
_LOOK_SECONDS, _CATCH_UP_SECONDS = 0.01, 120.0
_IDLE_SECONDS = 10

#: Of the issue.
_TARGETS = {"CSV": 500_000, "NDJSON": 400_000, "CSV, windows alone": 700_000}
_TARGET_P99, _TARGET_MIB, _TARGET_IDLE_MIB, _TARGET_IDLE_CORES = 0.5, 1024, 150, 0.02


class NotExactError(TillstreamError):
    """Windows that are not what was sent."""


class _Scenario(NamedTuple):
    name: str
    content_type: str
    rooms: tuple[str, ...]


_EVERY_ROOM = (*ROOMS, "events")
_SCENARIOS = (
    _Scenario("CSV", CSV, _EVERY_ROOM),
    _Scenario("NDJSON", NDJSON, _EVERY_ROOM),
    _Scenario("CSV, windows alone", CSV, ("entrypoint", "events")),
)


def run(options: Options) -> Result:
    """Every scenario in each round, on a private system of its own."""
    series = Result()
    series.notes += [
        f"Everything on one machine. The client sends prepared bodies of {_BODY_EVENTS:,} events"
        f" over {_CONNECTIONS} connections; its cores are told apart. A rate is of all events over"
        " the time from the first body to the commit of the last one in the worker's state.",
        f"Sent to committed, at {_OFFERED:,} events/s: from when a body was due to the first look"
        " at the state (every 10 ms) that has as many events as were sent with it.",
        "After each round the sums of the windows were those of what was accepted, to the cent.",
    ]
    with tempfile.TemporaryDirectory() as name:
        for scenario in _SCENARIOS:
            for _ in range(options.rounds):
                with running_system(scenario.rooms) as system:
                    if scenario is _SCENARIOS[0]:
                        _idle(series, system, options)
                    _round(series, system, scenario, options, Path(name))
                    if scenario is _SCENARIOS[0]:
                        _delays(series, system, options, Path(name))
    return series


def _idle(series: Result, system: System, options: Options) -> None:
    time.sleep(options.size(_IDLE_SECONDS, 1))
    meter = Meter({"events": system.pids()["events"]})
    time.sleep(options.size(_IDLE_SECONDS, 1))
    used = meter.read()
    series.add("idle worker: memory", "MiB", used.mib["events"], "lower", _TARGET_IDLE_MIB)
    series.add("idle worker: CPU", "cores", used.cores["events"], "lower", _TARGET_IDLE_CORES)


def _round(
    series: Result, system: System, scenario: _Scenario, options: Options, folder: Path
) -> None:
    bodies = prepared(folder, options.size(_BODIES, 4), _BODY_EVENTS, scenario.content_type)
    load = EventLoad(system.entrypoint, bodies, _CONNECTIONS)
    before = _committed(system)
    meter = Meter(system.pids())
    load.run(options.size(60, 2))
    _wait_for(system, before.plus(load.figures))
    seconds = time.monotonic() - load.started
    used = meter.read()
    events = load.figures.events
    name = scenario.name
    series.add(f"{name}: to committed", "events/s", events / seconds, "higher", _TARGETS[name])
    series.add(f"{name}: all processes", "MiB", sum(used.mib.values()), "lower", _TARGET_MIB)
    for program in ("entrypoint", "rabbitmq", "events"):
        spent = 1e6 * used.cores[program] * seconds / events
        series.add(f"{name}: CPU of {program}", "us/event", spent, "lower")
    series.add(f"{name}: client", "cores", meter.own(), "lower")
    series.add(f"{name}: other programs", "cores", meter.others(), "lower")


def _delays(series: Result, system: System, options: Options, folder: Path) -> None:
    bodies = prepared(folder, options.size(_BODIES, 4), _BODY_EVENTS, CSV)
    load = EventLoad(system.entrypoint, bodies, _CONNECTIONS)
    before = _committed(system)
    seen: list[tuple[int, float]] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK_SECONDS):
            seen.append((_committed(system).events - before.events, time.monotonic()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    load.run(options.size(30, 2), _OFFERED)
    _wait_for(system, before.plus(load.figures))
    time.sleep(2 * _LOOK_SECONDS)
    ended.set()
    watcher.join()
    counts = [events for events, _ in seen]
    waits = [seen[bisect.bisect_left(counts, events)][1] - due for due, events in load.due]
    series.add("300,000/s: committed p50", "s", percentile(waits, 0.5), "lower")
    series.add("300,000/s: committed p99", "s", percentile(waits, 0.99), "lower", _TARGET_P99)


def _committed(system: System) -> Figures:
    """What the windows of the worker's state have; nothing before the first event."""
    sums = ", ".join(f'coalesce(sum("m.{name}"), 0)' for name in _MEASURES)
    path = system.data_dir / _STATE
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as state:
        found = state.execute(f'SELECT {sums} FROM "window.shop_metrics"').fetchone()  # noqa: S608 - names of our own
    return Figures(*found)


def _wait_for(system: System, expected: Figures) -> None:
    """Until the windows have as many events; raises NotExactError where they are not the same."""
    deadline = time.monotonic() + _CATCH_UP_SECONDS
    while (found := _committed(system)).events < expected.events:
        if time.monotonic() > deadline:
            break
        time.sleep(_LOOK_SECONDS)
    if found != expected:
        raise NotExactError(f"the windows have {found}, sent were {expected}")
