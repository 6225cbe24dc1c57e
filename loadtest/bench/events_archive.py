"""The archive of events on one core: what archiving takes on top of counting."""

import shutil
import tempfile
from pathlib import Path

from loadtest.bench import events_state
from loadtest.bench.event_bodies import ARROW, prepared
from loadtest.bench.event_load import EventLoad
from loadtest.bench.harness import Options, Result
from loadtest.bench.private import System, running_system
from loadtest.bench.usage import children_seconds

_BODIES, _BODY_EVENTS = 40, 8_000
#: Of the issue: events a second of one core.
_TARGET = 1_500_000


def measure(options: Options, series: Result) -> None:
    """The same log read again by a worker without the archive, and by one with it."""
    series.notes.append(
        "Archive on one core: the same log, read from its beginning by a worker that only counts"
        " and by one that archives too, until its files have every event; the difference of their"
        " processor seconds is the archive's."
    )
    for _ in range(options.rounds):
        with (
            tempfile.TemporaryDirectory(prefix="tillstream-bench-") as name,
            running_system(["entrypoint"]) as system,
        ):
            bodies = prepared(Path(name), options.size(_BODIES, 4), _BODY_EVENTS, ARROW)
            load = EventLoad(system.entrypoint, bodies, 2)
            load.run(options.size(10, 2))
            counting = _spent(system, load, archive=False)
            shutil.rmtree(system.data_dir / "events")
            both = _spent(system, load, archive=True)
            events = load.figures.events
            series.add("log: counting alone", "us/event", 1e6 * counting / events, "lower")
            series.add("log: counting, archive", "us/event", 1e6 * both / events, "lower")
            rate = events / max(both - counting, 1e-9)
            series.add("archive, one core", "events/s", rate, "higher", _TARGET)


def _spent(system: System, load: EventLoad, *, archive: bool) -> float:
    """Processor seconds of a worker for every event of the log."""
    before = children_seconds()
    with events_state.worker(system, archive=archive):
        events_state.wait_for(system, load.figures)
    # Ended, it has written what waited for the end of its minute.
    if archive:
        events_state.require_archived(system, load.figures.events)
    return children_seconds() - before
