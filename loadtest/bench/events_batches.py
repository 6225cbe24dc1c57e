"""Batches of a shop's events to committed windows and the archive: rates, delay, memory, CPU."""

import bisect
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from loadtest.bench import events_state
from loadtest.bench.event_bodies import ARROW, CSV, prepared
from loadtest.bench.event_load import EventLoad
from loadtest.bench.events_state import LOOK_SECONDS, committed
from loadtest.bench.harness import Options, Result
from loadtest.bench.observer import percentile
from loadtest.bench.private import ROOMS, System, running_system
from loadtest.bench.usage import Meter, PeakMemory, proportional_mib
from loadtest.waiting import wait_until
from tillstream.codec import NDJSON

_CONNECTIONS = 4
_BODIES, _BODY_EVENTS = 40, 8_000
_OFFERED = 300_000
_IDLE_SECONDS = 20
#: A file of the archive is of a minute, and so long it may take to be written.
_ARCHIVED_SECONDS = 120.0

#: Of the issue.
_TARGET_P99, _TARGET_MIB, _TARGET_IDLE_MIB, _TARGET_IDLE_CORES = 0.5, 1024, 150, 0.02
#: Whose processor time an event takes, beside the client.
_PROGRAMS = ("entrypoint", "rabbitmq", "events")


class _Scenario(NamedTuple):
    name: str
    content_type: str
    #: Events a second.
    target: int
    #: The windows alone otherwise: no other room, no archive.
    every_worker: bool = True


_SCENARIOS = (
    _Scenario("CSV", CSV, 500_000),
    _Scenario("NDJSON", NDJSON, 400_000),
    _Scenario("Arrow", ARROW, 1_500_000),
    _Scenario("CSV, windows alone", CSV, 700_000, every_worker=False),
)


def measure(options: Options, series: Result) -> None:
    """Every scenario in each round."""
    series.notes += [
        f"Everything on one machine. The client sends prepared bodies of {_BODY_EVENTS:,} events"
        f" over {_CONNECTIONS} connections for {options.size(60, 2)} s; its cores are told apart. A"
        " rate is of all events over the time from the first body to the commit of the last one in"
        " the worker's state; `not yet archived` are those that the archive's manifest did not name"
        " then: a file is of a minute, or of 500,000 events.",
        f"Sent to committed, at {_OFFERED:,} events/s: from when a body was due to the first look"
        f" at the state (every {1000 * LOOK_SECONDS:.0f} ms) that has as many events as were sent"
        " with it.",
        "Memory is the largest of a second's, of all servers and rooms without the client, a page"
        " that n processes share as the n-th part of it in each (PSS).",
        "After each round the sums of the windows were those of what was accepted, to the cent, and"
        " the archive's files had each of its events, counted.",
    ]
    for _ in range(options.rounds):
        for scenario in _SCENARIOS:
            rooms = ROOMS if scenario.every_worker else ("entrypoint",)
            with (
                tempfile.TemporaryDirectory(prefix="tillstream-bench-") as name,
                running_system(rooms) as system,
            ):
                _on(series, system, scenario, options, Path(name))


def _on(
    series: Result, system: System, scenario: _Scenario, options: Options, folder: Path
) -> None:
    first = scenario is _SCENARIOS[0]
    with events_state.worker(system, archive=scenario.every_worker) as pid:
        pids = {**system.pids(), "events": pid}
        if first:
            _idle(series, pid, options)
        _round(series, system, pids, scenario, options, folder)
        if first:
            _delays(series, system, options, folder)
        sent = committed(system).events
        if scenario.every_worker and not options.quick:
            wait_until(lambda: events_state.archived(system) >= sent, _ARCHIVED_SECONDS)
    # Ended, it has written what waited for the end of its minute.
    if scenario.every_worker:
        events_state.require_archived(system, sent)


def _idle(series: Result, pid: int, options: Options) -> None:
    time.sleep(options.size(_IDLE_SECONDS, 2) / 2)
    meter = Meter({"events": pid})
    time.sleep(options.size(_IDLE_SECONDS, 2))
    cores = meter.read().cores["events"]
    series.add("idle worker: memory", "MiB", proportional_mib(pid), "lower", _TARGET_IDLE_MIB)
    series.add("idle worker: CPU", "cores", cores, "lower", _TARGET_IDLE_CORES)


def _round(
    series: Result,
    system: System,
    pids: Mapping[str, int],
    scenario: _Scenario,
    options: Options,
    folder: Path,
) -> None:
    bodies = prepared(folder, options.size(_BODIES, 4), _BODY_EVENTS, scenario.content_type)
    load = EventLoad(system.entrypoint, bodies, _CONNECTIONS)
    with PeakMemory(lambda: sum(map(proportional_mib, pids.values())), 1.0) as memory:
        meter = Meter(pids)
        load.run(options.size(60, 2))
        events_state.wait_for(system, load.figures)
        seconds = time.monotonic() - load.started
        waiting = load.figures.events - events_state.archived(system)
        used = meter.read()
    events = load.figures.events
    name = scenario.name
    series.add(f"{name}: to committed", "events/s", events / seconds, "higher", scenario.target)
    if scenario.every_worker:
        series.add(f"{name}: not yet archived", "events", waiting, "lower")
    series.add(f"{name}: all processes", "MiB", memory.mib, "lower", _TARGET_MIB)
    spent = {program: used.cores[program] for program in _PROGRAMS} | {"the client": meter.own()}
    for program, cores in spent.items():
        cost = 1e6 * cores * meter.seconds() / events
        series.add(f"{name}: CPU of {program}", "us/event", cost, "lower")
    series.add(f"{name}: other programs", "cores", meter.others(), "lower")


def _delays(series: Result, system: System, options: Options, folder: Path) -> None:
    bodies = prepared(folder, options.size(_BODIES, 4), _BODY_EVENTS, CSV)
    load = EventLoad(system.entrypoint, bodies, _CONNECTIONS)
    before = committed(system)
    seen: list[tuple[int, float]] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_SECONDS):
            seen.append((committed(system).events - before.events, time.monotonic()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    load.run(options.size(30, 2), _OFFERED)
    events_state.wait_for(system, before.plus(load.figures))
    time.sleep(2 * LOOK_SECONDS)
    ended.set()
    watcher.join()
    counts = [events for events, _ in seen]
    waits = [seen[bisect.bisect_left(counts, events)][1] - due for due, events in load.due]
    name = f"{_OFFERED:,}/s"
    series.add(f"{name}: committed p50", "s", percentile(waits, 0.5), "lower")
    series.add(f"{name}: committed p99", "s", percentile(waits, 0.99), "lower", _TARGET_P99)
