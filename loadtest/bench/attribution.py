"""Attribution of purchases to clicks: rate, costs, memory; every conversion against the truth, and
again after a recount.
"""

import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from loadtest.bench import attribution_events, events_state
from loadtest.bench.attribution_events import Summary
from loadtest.bench.attribution_truth import Compared, compared
from loadtest.bench.command import measured
from loadtest.bench.events_state import NotExactError
from loadtest.bench.harness import Options, Result
from loadtest.bench.private import System, running_system
from loadtest.bench.usage import Meter, PeakMemory, proportional_mib
from loadtest.waiting import wait_until
from tillstream.streams import definitions_file

#: Events a second of the issue.
TARGET = 500_000
_ATTRIBUTION = "checkouts"
_CLICKS, _PURCHASES, _USERS, _SLICE = 2_000_000, 200_000, 50_000, 16_000
_SECONDS = 600.0
#: How often the state is looked at, and memory, seconds.
_LOOK_SECONDS, _MEMORY_SECONDS = 0.05, 0.5
_DOOR, _LOG = "door, CSV", "from the log"


class Progress(NamedTuple):
    """What the state of the worker says."""

    #: Clicks and purchases that are counted, and rows of both streams that are made of them.
    events: int = 0
    rows: int = 0
    final: int = 0
    late_touches: int = 0
    late_conversions: int = 0
    #: Messages that are still to be published or stored.
    outbox: int = 0


def run(options: Options) -> Result:
    """The same events by the door, and as they lie in the log."""
    series = Result()
    sizes = (options.size(_CLICKS, 20_000), options.size(_PURCHASES, 2_000))
    users, sliced = options.size(_USERS, 2_000), options.size(_SLICE, 500)
    with tempfile.TemporaryDirectory(prefix="tillstream-bench-") as name:
        folder = Path(name)
        made = attribution_events.generate(folder, *sizes, users, sliced)
        series.notes.append(
            f"`python -m generator clicks`: {made.clicks:,} clicks and {made.purchases:,} purchases"
            f" within two hours, {made.out_of_order:.0%} out of order, {made.late_clicks:,} and"
            f" {made.late_purchases:,} late, in bodies of a slice of"
            f" {sliced:,} events over one connection, as bodies that"
            " overtake one another are in another order. From the first body, or from the start of"
            " the worker on a log that has them all, to the commit of the last event; rows are"
            " stored and heard again after that. Memory is PSS."
        )
        for _ in range(options.rounds):
            for way in (_DOOR, _LOG):
                with running_system(("entrypoint",)) as system:
                    _round(series, system, way, folder, made)
    return series


def _round(series: Result, system: System, way: str, folder: Path, made: Summary) -> None:
    if way == _LOG:
        attribution_events.publish(system, folder)
    with events_state.worker(system) as pid:
        pids = {**system.pids(), "events": pid}
        with PeakMemory(lambda: proportional_mib(pid), _MEMORY_SECONDS) as memory:
            meter, started = Meter(pids), time.monotonic()
            before = progress(system).events
            if way == _DOOR:
                started = attribution_events.post(system, folder)
            _wait(system, lambda found: found.events >= made.events)
            seconds, cpu = time.monotonic() - started, meter.cpu()
            committed = progress(system)
            _wait(system, lambda found: found.final >= made.purchases and not found.outbox)
            stored, whole = time.monotonic() - started, meter.cpu()
        found = progress(system)
        held = _require_true(system, way, folder)
        recounted = measured(system, "events", "recount-attribution")
        _wait(system, lambda found: not found.outbox)
        mended = _compared(system, folder)
    events = made.events - before
    series.add(f"{way}: to committed", "events/s", events / seconds, "higher", TARGET)
    for program in ("entrypoint", "rabbitmq", "events"):
        if way == _DOOR or program == "events":
            cost = 1e6 * cpu[program] / events
            series.add(f"{way}: CPU of {program}", "us/event", cost, "lower")
    cost = 1e6 * whole["events"] / events
    series.add(f"{way}: CPU of events until stored", "us/event", cost, "lower")
    series.add(f"{way}: to stored", "events/s", events / stored, "higher")
    series.add(f"{way}: worker, largest memory", "MiB", memory.mib, "lower")
    series.add(f"{way}: outbox when committed", "messages", committed.outbox, "lower")
    series.add(f"{way}: rows made", "rows", found.rows, "lower")
    series.add(f"{way}: late touches", "clicks", found.late_touches, "lower")
    series.add(f"{way}: late conversions", "purchases", found.late_conversions, "lower")
    series.add(f"{way}: final and right", "purchases", held.right, "higher")
    series.add(f"{way}: wrong, nothing late", "purchases", held.wrong, "lower", 0)
    series.add(f"{way}: wrong, late touch or late", "purchases", held.wrong_late, "lower")
    series.add(f"{way}: recount", "s", recounted.seconds, "lower")
    series.add(f"{way}: recount, memory", "MiB", recounted.memory, "lower")
    left = made.purchases - mended.right
    series.add(f"{way}: wrong after the recount", "purchases", left, "lower", 0)


def _compared(system: System, folder: Path) -> Compared:
    attribution = definitions_file.load([attribution_events.STREAMS]).attributions[_ATTRIBUTION]
    return compared(system.mongo_url, attribution, folder / "truth.csv")


def _require_true(system: System, way: str, folder: Path) -> Compared:
    """Raises NotExactError where a conversion is wrong that nothing late has touched."""
    held = _compared(system, folder)
    if held.wrong or held.missing:
        raise NotExactError(
            f"{way}: {held.right:,} conversions are right, {held.wrong:,} wrong,"
            f" {held.missing:,} missing: {'; '.join(held.examples)}"
        )
    return held


def progress(system: System) -> Progress:
    """What is committed; nothing before there is a state."""
    path = system.data_dir / "events" / "state.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as state:
        counted = dict(state.execute("SELECT name, events FROM streams").fetchall())
        figures = state.execute(
            "SELECT final, late_touches, late_conversions FROM attributions WHERE name = ?",
            (_ATTRIBUTION,),
        ).fetchone()
        outbox = state.execute("SELECT count(*) FROM outbox").fetchone()[0]
    final, late_touches, late_conversions = figures or (0, 0, 0)
    return Progress(
        counted.get("clicks", 0) + counted.get("purchases", 0),
        counted.get(_ATTRIBUTION, 0) + counted.get("checkout_credits", 0),
        final,
        late_touches,
        late_conversions,
        outbox,
    )


def _wait(system: System, holds: Callable[[Progress], bool]) -> None:
    if not wait_until(lambda: holds(progress(system)), _SECONDS, _LOOK_SECONDS):
        raise NotExactError(f"after {_SECONDS:.0f} s it is {progress(system)}")
