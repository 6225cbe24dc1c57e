"""Single events by `/track`, answered once confirmed, beside a door that does not wait."""

import tempfile
from pathlib import Path

import msgspec

from loadtest.bench import clients, events_state
from loadtest.bench.door import CONNECTIONS, install_reference, reference
from loadtest.bench.events_state import NotExactError
from loadtest.bench.harness import Options, Result
from loadtest.bench.private import System, running_system
from loadtest.bench.usage import Meter, children_seconds
from loadtest.waiting import wait_until
from tillstream import topology
from tillstream.codec import JSON

#: Of the issue: times the reference.
_TARGET_RATIO = 3.0
_DOOR, _EXPRESS = "/track", "Express"


def measure(options: Options, series: Result) -> None:
    """Both doors in turn in each round, after a round that warms up."""
    seconds = options.size(8, 2)
    series.versions["wrk"] = clients.wrk_version()
    series.versions["node"] = install_reference()
    series.notes.append(
        f"Single events: `wrk -t1 -c{CONNECTIONS} -d{seconds}s`, the doors in turn, no worker"
        " beside them. The reference is Express 4 with amqplib: it validates nothing and answers"
        " before the broker has the event. The events worker counted them afterwards: every"
        f" answered one, and at most {CONNECTIONS} a run whose answers wrk did not wait for."
    )
    with (
        tempfile.TemporaryDirectory(prefix="tillstream-bench-") as name,
        running_system(["entrypoint"]) as system,
        reference(system) as (url, pid),
    ):
        answered = 0
        for number in range(options.rounds + 1):
            kept = series if number else Result()
            answered += _round(kept, system, (url, pid), seconds, Path(name))
        _require_counted(system, answered, options.rounds + 1)


def _round(
    series: Result, system: System, peer: tuple[str, int], seconds: int, folder: Path
) -> int:
    """How many `/track` answered."""
    pids = system.pids()
    doors = {
        _EXPRESS: (f"{peer[0]}/receipt", peer[1]),
        _DOOR: (f"{system.entrypoint}/track", pids["entrypoint"]),
    }
    found = {}
    for name, (url, pid) in doors.items():
        with system.channel() as channel:
            channel.queue_purge(topology.PERSISTENCE_QUEUE)
        meter = Meter({"the door": pid, "rabbitmq": pids["rabbitmq"]})
        client = children_seconds()
        found[name] = clients.wrk(
            url, _bodies(), JSON, connections=CONNECTIONS, seconds=seconds, folder=folder
        )
        spent = meter.cpu() | {"the client": children_seconds() - client}
        label = f"{name}: single events"
        series.add(label, "requests/s", found[name].requests_per_second, "higher")
        series.add(f"{label}, p99", "ms", found[name].p99_ms, "lower")
        for program, busy in spent.items():
            cost = 1e6 * busy / found[name].requests
            series.add(f"{label}, CPU of {program}", "us/event", cost, "lower")
    ratio = found[_DOOR].requests_per_second / found[_EXPRESS].requests_per_second
    series.add("/track / Express", "times", ratio, "higher", _TARGET_RATIO)
    return found[_DOOR].requests


def _require_counted(system: System, answered: int, runs: int) -> None:
    most = answered + runs * CONNECTIONS
    with events_state.worker(system, archive=False):
        wait_until(lambda: events_state.tracked(system) >= answered, events_state.CATCH_UP_SECONDS)
        counted = events_state.tracked(system)
    if not answered <= counted <= most:
        raise NotExactError(f"{counted} events are counted, {answered} to {most} were tracked")


def _bodies() -> list[bytes]:
    return [
        msgspec.json.encode(
            {
                "user_id": number * 37,
                "app_name": "shop",
                "event_action": ("page_view", "button_click", "scroll", None)[number % 4],
                "event_category": "product",
                "event_value": number if number % 4 == 2 else None,
            }
        )
        for number in range(40)
    ]
