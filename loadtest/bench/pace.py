"""The pace of the door's messages: what gathering saves, and what a client waits for it."""

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from loadtest.bench import clients
from loadtest.bench.harness import Options, Result
from loadtest.bench.load_tables import ALL
from loadtest.bench.observer import percentile
from loadtest.bench.private import ROOMS, System, running, running_system
from loadtest.bench.system import bodies
from loadtest.bench.usage import Meter
from loadtest.http_client import Load, send_all
from loadtest.receipt_pool import generate
from loadtest.receipts import example
from loadtest.waiting import wait_until
from local.ports import kept_ports
from local.ready import http_ok
from tillstream.codec import JSON
from tillstream.errors import ServerNotReadyError

PACES_MS = (0, 2, 5, 10, 20, 40)
#: The door's default, which has the targets.
DEFAULT_MS = 20
CONNECTIONS = 64
#: Receipts a second, and the cores that all processes may take.
RATES = {200: 0.30, 1000: 0.50}
TARGET_P99_MS = 40.0
TARGET_LONE_MS = 4.0
#: A lone receipt comes so rarely that nothing of the one before is left.
LONE_RATE = 4
START_SECONDS = 30
#: For what a load has left to do.
SETTLE_SECONDS = 2


def run(options: Options) -> Result:
    """Each pace in each round, on one system whose door is started anew for each pace."""
    seconds = options.size(10, 2)
    series = Result()
    series.versions["wrk"] = clients.wrk_version()
    series.notes += [
        f"Lone: a POST every {1000 // LONE_RATE} ms to a system with nothing else to do. At 200/s"
        f" and 1,000/s: single POSTs for {seconds} s over {CONNECTIONS} kept-alive connections,"
        " open loop, from the intended time of sending. Cores: the processor time of every"
        " process (RabbitMQ, MongoDB, all rooms), without the client.",
        f"As fast as answered: `wrk -t1 -c{CONNECTIONS}`, the door and RabbitMQ alone.",
        "Other programs had a part of the two cores, as their column says: processor time is"
        " little changed by it, the p99 and the rate of answers are.",
    ]
    rooms = [room for room in ROOMS if room != "entrypoint"]
    with (
        tempfile.TemporaryDirectory(prefix="tillstream-bench-") as name,
        running_system(rooms) as system,
    ):
        file = Path(name, "receipts.ndjson")
        each = (sum(RATES) + LONE_RATE) * seconds + 500
        generate(file, each * len(PACES_MS) * options.rounds, system.environ)
        with file.open("rb") as receipts:
            for _ in range(options.rounds):
                for pace in PACES_MS:
                    with door(system, pace, Path(name)) as (url, pid):
                        pids = {**system.pids(), "entrypoint": pid}
                        at_rates(series, pace, url, pids, receipts, seconds)
    with (
        tempfile.TemporaryDirectory(prefix="tillstream-bench-") as name,
        running_system([], ["rabbitmq"]) as system,
    ):
        for _ in range(options.rounds):
            for pace in PACES_MS:
                with door(system, pace, Path(name)) as (url, _):
                    saturated(series, pace, url, Path(name), options)
    return series


@contextmanager
def door(system: System, pace_ms: int, folder: Path) -> Iterator[tuple[str, int]]:
    """A door of that pace: its URL and its process."""
    port = kept_ports(folder / "ports.json", ("entrypoint",))["entrypoint"]
    settings = {"ENTRYPOINT_PORT": str(port), "PUBLISH_PACE_MS": str(pace_ms)}
    environ = system.environ | settings | {"LOG_LEVEL": "WARNING"}
    with running([sys.executable, "-m", "entrypoint"], environ) as process:
        ready = http_ok("entrypoint", port, "/health/ready")
        if not wait_until(ready.holds, START_SECONDS):
            raise ServerNotReadyError(f"the door with a pace of {pace_ms} ms is not ready")
        yield f"http://127.0.0.1:{port}", process.pid


def at_rates(
    series: Result,
    pace_ms: int,
    url: str,
    pids: Mapping[str, int],
    receipts: BinaryIO,
    seconds: int,
) -> None:
    """Lone receipts, and each rate; what it takes and how long an answer takes."""
    name = f"{pace_ms} ms"

    def target(value: float) -> float | None:
        return value if pace_ms == DEFAULT_MS else None

    # What a new door, and before the first one the whole system, does for the first time.
    waits(url, Load(200, 1, CONNECTIONS, 2), receipts)
    time.sleep(SETTLE_SECONDS)
    lone = waits(url, Load(LONE_RATE, 1, 1, seconds / 2), receipts)
    series.add(f"{name}: lone, p50", "ms", percentile(lone, 0.5), "lower", target(TARGET_LONE_MS))
    for rate, cores in RATES.items():
        meter = Meter(pids)
        answers = waits(url, Load(rate, 1, CONNECTIONS, seconds), receipts)
        used, others = meter.read().cores, meter.others()
        load = f"{name}: {rate:,}/s"
        goal = target(TARGET_P99_MS)
        series.add(f"{load}, p50", "ms", percentile(answers, 0.5), "lower")
        series.add(f"{load}, p99", "ms", percentile(answers, 0.99), "lower", goal)
        for program in ("entrypoint", "rabbitmq"):
            series.add(f"{load}, {program}", "cores", used[program], "lower")
        series.add(f"{load}, {ALL}", "cores", sum(used.values()), "lower", target(cores))
        series.add(f"{load}, other programs", "cores", others, "lower")
        time.sleep(SETTLE_SECONDS)


def waits(url: str, load: Load, receipts: BinaryIO) -> list[float]:
    """Milliseconds from when each receipt was due to its answer; raises RefusedError."""
    sent = send_all(url, load, bodies(load, receipts))
    if refused := [one.status for one in sent if not one.accepted]:
        raise clients.RefusedError(f"the door answered {refused[0]} to {len(refused)} receipts")
    return [1000 * (one.answered - one.due) for one in sent]


def saturated(series: Result, pace_ms: int, url: str, folder: Path, options: Options) -> None:
    """As many single POSTs as the door answers: gathering must not hold up its clients."""
    found = clients.wrk(
        f"{url}/receipt", [example()], JSON, connections=CONNECTIONS,
        seconds=options.size(4, 1), folder=folder,
    )  # fmt: skip
    name = f"{pace_ms} ms: as fast as answered"
    series.add(name, "requests/s", found.requests_per_second, "higher")
    series.add(f"{name}, p99", "ms", found.p99_ms, "lower")
