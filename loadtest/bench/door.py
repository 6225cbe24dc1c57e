"""The door beside the smallest Express door: the same receipts, broker and client, in turn."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from loadtest.bench import clients
from loadtest.bench.harness import Options, Result
from loadtest.bench.observer import percentile
from loadtest.bench.private import System, running, running_system
from loadtest.bench.usage import cpu_seconds
from loadtest.http_client import Load, send_all
from loadtest.receipts import NUMBER, example, varied
from loadtest.waiting import wait_until
from local.ports import is_free, kept_ports
from tillstream import topology
from tillstream.codec import JSON, NDJSON, pack
from tillstream.errors import ServerNotReadyError

REFERENCE = Path(__file__).with_name("reference")
CONNECTIONS = 64
#: For each worker of the door.
BATCH_CONNECTIONS = 4
BATCH_RECEIPTS = 500
BATCH_WORKERS = (1, 2)
STEADY_RATE = 500

#: Targets of the issue: times the reference; receipts/s in batches; ms at 500/s.
TARGET_RATIO = 2.0
TARGET_BATCH = 60_000
TARGET_P99_MS = 25.0


def run(options: Options) -> Result:
    """Requests/s, latency and CPU of both doors; batches; latency at a steady rate."""
    seconds = options.size(8, 2)
    series = Result()
    series.versions["wrk"] = clients.wrk_version()
    series.versions["node"] = install_reference()
    receipt = example()
    series.notes += [
        f"Single: `wrk -t1 -c{CONNECTIONS} -d{seconds}s`, a receipt of {len(receipt)} bytes with a"
        " number of its own each time, the doors in turn, the queues emptied between. The"
        " reference is Express 4 with amqplib: it validates nothing and answers before the"
        " broker has the receipt. Broker, door and client share the machine.",
        f"Batches: POST /receipts of {BATCH_RECEIPTS} receipts as NDJSON, each with products of"
        f" its own, over {BATCH_CONNECTIONS} connections for each of the door's worker processes,"
        " with the door's memory of retries at 1, so that a body that comes again is validated"
        " and published again.",
        f"Steady: {STEADY_RATE} POSTs a second for {seconds} s, open loop, latency from the"
        " intended time of sending.",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_system(["entrypoint"], ["rabbitmq"]) as system, reference(system) as peer:
            for number in range(options.rounds + 1):
                _singles(series if number else Result(), system, peer, receipt, seconds, folder)
            for _ in range(options.rounds):
                _steady(series, system, receipt, seconds)
        for workers in BATCH_WORKERS:
            settings = {"REMEMBERED_RECEIPTS": "1", "ENTRYPOINT_WORKERS": str(workers)}
            with running_system(["entrypoint"], ["rabbitmq"], settings) as system:
                for number in range(options.rounds + 1):
                    _batches(series if number else Result(), system, workers, seconds, folder)
        with running_system([], ["rabbitmq"]) as system:
            for _ in range(options.rounds):
                _broker_alone(series, system, receipt, seconds)
    return series


def _singles(
    series: Result,
    system: System,
    peer: tuple[str, int],
    receipt: bytes,
    seconds: int,
    folder: Path,
) -> None:
    doors = {
        "Express": peer,
        "door": (system.entrypoint, system.pids()["entrypoint"]),
    }
    rates = {}
    for name, (url, pid) in doors.items():
        _empty(system)
        before = cpu_seconds(pid)
        found = clients.wrk(
            f"{url}/receipt", [receipt], JSON, connections=CONNECTIONS, seconds=seconds,
            folder=folder,
        )  # fmt: skip
        rates[name] = found.requests_per_second
        spent = 1000 * (cpu_seconds(pid) - before) / found.requests
        series.add(f"{name}: single", "requests/s", found.requests_per_second, "higher")
        series.add(f"{name}: p50", "ms", found.p50_ms, "lower")
        series.add(f"{name}: p99", "ms", found.p99_ms, "lower")
        series.add(f"{name}: CPU for 1,000 receipts", "s", spent, "lower")
    ratio = rates["door"] / rates["Express"]
    series.add("door / Express", "times", ratio, "higher", TARGET_RATIO)


def _steady(series: Result, system: System, receipt: bytes, seconds: int) -> None:
    _empty(system)
    # What the measurements before have written would otherwise hold up the broker's next syncs.
    os.sync()
    head, tail = receipt.split(NUMBER)

    numbers = count(time.time_ns() // 1000 % 10**12)
    # The first second opens the connections and is left out.
    load = Load(STEADY_RATE, 1, CONNECTIONS, 1 + seconds)
    sent = send_all(system.entrypoint, load, lambda: b"%b%d%b" % (head, next(numbers), tail))
    if refused := [one.status for one in sent if not one.accepted]:
        raise clients.RefusedError(f"the door answered {refused[0]} to {len(refused)} receipts")
    waits = [1000 * (one.answered - one.due) for one in sent[STEADY_RATE:]]
    series.add("door: p50 at 500/s", "ms", percentile(waits, 0.5), "lower")
    series.add("door: p99 at 500/s", "ms", percentile(waits, 0.99), "lower", TARGET_P99_MS)


def _batches(series: Result, system: System, workers: int, seconds: int, folder: Path) -> None:
    _empty(system)
    pid = system.pids()["entrypoint"]
    bodies = [_batch(1_000_000 * index) for index in range(20)]
    before = cpu_seconds(pid)
    found = clients.wrk(
        f"{system.entrypoint}/receipts", bodies, NDJSON, connections=BATCH_CONNECTIONS * workers,
        seconds=seconds, folder=folder,
    )  # fmt: skip
    receipts = found.requests * BATCH_RECEIPTS
    rate = found.requests_per_second * BATCH_RECEIPTS
    spent = 1e6 * (cpu_seconds(pid) - before) / receipts
    name = f"door, {workers} worker{'s' * (workers > 1)}"
    target = TARGET_BATCH if workers == BATCH_WORKERS[-1] else None
    series.add(f"{name}: batches of 500", "receipts/s", rate, "higher", target)
    series.add(f"{name}: CPU for a receipt in a batch", "us", spent, "lower")


def _broker_alone(series: Result, system: System, receipt: bytes, seconds: int) -> None:
    _empty(system)
    one = clients.broker_limit(system.amqp_url, receipt, 64, seconds)
    series.add("broker alone: single messages", "messages/s", one, "higher")
    # As large as the door makes its messages.
    lines = _batch(0)[:262_144]
    for name, body in (("plain", lines), ("packed", pack(lines)[0])):
        _empty(system)
        many = clients.broker_limit(system.amqp_url, body, 8, seconds)
        carried = many * lines.count(b"\n")
        series.add(f"broker alone: {name} messages of 256 KiB", "receipts/s", carried, "higher")


def _batch(first: int) -> bytes:
    return b"\n".join(varied(BATCH_RECEIPTS, first))


def _empty(system: System) -> None:
    with system.channel() as channel:
        channel.queue_purge(topology.PERSISTENCE_QUEUE)


def install_reference() -> str:
    """Install the reference's packages where they are missing; returns node's version."""
    if not (REFERENCE / "node_modules").is_dir():
        argv = ["npm", "ci", "--no-audit", "--no-fund"]
        subprocess.run(argv, cwd=REFERENCE, check=True, timeout=300, stdout=subprocess.DEVNULL)
    said = subprocess.run(
        ["node", "--version"], capture_output=True, text=True, check=True, timeout=10
    )
    return said.stdout.strip()


@contextmanager
def reference(system: System) -> Iterator[tuple[str, int]]:
    """The reference door, answering: its URL and its process."""
    port = kept_ports(system.data_dir / "reference.json", ("reference",))["reference"]
    environ = {**os.environ, "AMQP_URL": system.amqp_url, "ENTRYPOINT_PORT": str(port)}
    url = f"http://127.0.0.1:{port}"
    with running(["node", "express_door.js"], environ, REFERENCE) as process:
        if not wait_until(lambda: not is_free(port), 30):
            raise ServerNotReadyError("the reference door does not listen")
        yield url, process.pid
