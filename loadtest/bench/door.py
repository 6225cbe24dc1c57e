"""The door beside the smallest Express door: the same receipts, broker and client, in turn."""

import json
import os
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadtest.bench import clients
from loadtest.bench.harness import Options, Result, Series
from loadtest.bench.private import System, running_system
from loadtest.bench.usage import cpu_seconds
from tillstream import broker, topology
from tillstream.codec import JSON, NDJSON
from tillstream.errors import ServerNotReady
from tillstream.local.ports import kept_ports

REFERENCE = Path(__file__).with_name("reference")
CONNECTIONS = 64
BATCH_CONNECTIONS = 4
BATCH_RECEIPTS = 500
STEADY_RATE = 500

#: Targets of the issue: times the reference; receipts/s in batches; ms at 500/s.
TARGET_RATIO = 2.0
TARGET_BATCH = 60_000
TARGET_P99_MS = 25.0


def run(options: Options) -> Result:
    """Requests/s, latency and CPU of both doors; batches; latency at a steady rate."""
    seconds = options.size(8, 2)
    series = Series()
    series.versions["wrk"] = clients.wrk_version()
    series.versions["node"] = _install_reference()
    receipt = example()
    series.notes += [
        f"Single: `wrk -t1 -c{CONNECTIONS} -d{seconds}s`, a receipt of {len(receipt)} bytes with a"
        " number of its own each time, the doors in turn, the queues emptied between. The"
        " reference is Express 4 with amqplib: it validates nothing and answers before the"
        " broker has the receipt. Broker, door and client share the machine.",
        f"Batches: POST /receipts of {BATCH_RECEIPTS} receipts as NDJSON over"
        f" {BATCH_CONNECTIONS} connections, with the door's memory of retries at 1, so that a"
        " body that comes again is validated and published again.",
        f"Steady: {STEADY_RATE} POSTs a second for {seconds} s, open loop, latency from the"
        " intended time of sending.",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_system(["entrypoint"], ["rabbitmq"]) as system, _reference(system) as peer:
            for number in range(options.rounds + 1):
                _singles(series if number else Series(), system, peer, receipt, seconds, folder)
            for _ in range(options.rounds):
                _steady(series, system, receipt, seconds)
        settings = {"REMEMBERED_RECEIPTS": "1"}
        with running_system(["entrypoint"], ["rabbitmq"], settings) as system:
            for number in range(options.rounds + 1):
                _batches(series if number else Series(), system, receipt, seconds, folder)
            for _ in range(options.rounds):
                _broker_alone(series, system, receipt, seconds)
    return series.result()


def example() -> bytes:
    """A receipt of about 1.5 KB, sound, with `#NUMBER#` for its number."""
    line = {
        "productCode": "00000011",
        "productDescription": "Baguette tradition au levain",
        "productCategoryCode": "E",
        "productCategoryName": "Pain",
        "quantity": 2,
        "unitOfMeasure": "piece",
        "unitPrice": 1.25,
        "creditAmount": 2.5,
        "taxPercentage": 5.5,
        "settlementAmount": 2.64,
    }
    fields = {
        "cashReceiptID": "#NUMBER#",
        "storeID": 17,
        "terminalID": 2,
        "agentID": 4,
        "customerID": None,
        "date": time.strftime("%Y-%m-%d %H:%M:%S"),
        "lines": [{"lineNumber": number} | line for number in range(1, 6)],
        "documentTotal": {"netTotal": 12.5, "taxPayable": 0.7, "grossTotal": 13.2},
        "settlements": [{"paymentMechanism": "CB", "settlementAmount": 13.2}],
    }
    return json.dumps(fields).encode()


def _singles(
    series: Series,
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


def _steady(series: Series, system: System, receipt: bytes, seconds: int) -> None:
    _empty(system)
    head, tail = receipt.split(b"#NUMBER#")

    def body(number: int) -> bytes:
        return b"%b%d%b" % (head, number, tail)

    url = f"{system.entrypoint}/receipt"
    latencies = sorted(clients.open_loop(url, body, STEADY_RATE, seconds))
    p99 = 1000 * latencies[int(0.99 * len(latencies))]
    series.add("door: p50 at 500/s", "ms", 1000 * statistics.median(latencies), "lower")
    series.add("door: p99 at 500/s", "ms", p99, "lower", TARGET_P99_MS)


def _batches(series: Series, system: System, receipt: bytes, seconds: int, folder: Path) -> None:
    _empty(system)
    pid = system.pids()["entrypoint"]
    bodies = [_batch(receipt, 1_000_000 * index) for index in range(20)]
    before = cpu_seconds(pid)
    found = clients.wrk(
        f"{system.entrypoint}/receipts", bodies, NDJSON, connections=BATCH_CONNECTIONS,
        seconds=seconds, folder=folder,
    )  # fmt: skip
    receipts = found.requests * BATCH_RECEIPTS
    rate = found.requests_per_second * BATCH_RECEIPTS
    series.add("door: batches of 500", "receipts/s", rate, "higher", TARGET_BATCH)
    spent = 1e6 * (cpu_seconds(pid) - before) / receipts
    series.add("door: CPU for a receipt in a batch", "us", spent, "lower")


def _broker_alone(series: Series, system: System, receipt: bytes, seconds: int) -> None:
    _empty(system)
    one = clients.broker_limit(system.amqp_url, receipt, 64, seconds)
    series.add("broker alone: single messages", "messages/s", one, "higher")
    _empty(system)
    # As large as the door makes its messages.
    body = _batch(receipt, 0)[:262_144]
    many = clients.broker_limit(system.amqp_url, body, 4, seconds)
    series.add(
        "broker alone: messages of 256 KiB", "receipts/s", many * len(body) / len(receipt), "higher"
    )


def _batch(receipt: bytes, first: int) -> bytes:
    return b"\n".join(
        receipt.replace(b"#NUMBER#", b"%d" % (first + number)) for number in range(BATCH_RECEIPTS)
    )


def _empty(system: System) -> None:
    connection = broker.connect(system.amqp_url, "bench")
    connection.channel().queue_purge(topology.PERSISTENCE_QUEUE)
    connection.close()


def _install_reference() -> str:
    """Install the reference's packages where they are missing; returns node's version."""
    if not (REFERENCE / "node_modules").is_dir():
        argv = ["npm", "ci", "--no-audit", "--no-fund"]
        subprocess.run(argv, cwd=REFERENCE, check=True, timeout=300, stdout=subprocess.DEVNULL)
    said = subprocess.run(
        ["node", "--version"], capture_output=True, text=True, check=True, timeout=10
    )
    return said.stdout.strip()


@contextmanager
def _reference(system: System) -> Iterator[tuple[str, int]]:
    """The reference door, answering: its URL and its process."""
    port = kept_ports(system.data_dir / "reference.json", ("reference",))["reference"]
    environ = {**os.environ, "AMQP_URL": system.amqp_url, "ENTRYPOINT_PORT": str(port)}
    process = subprocess.Popen(["node", "express_door.js"], cwd=REFERENCE, env=environ)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while not _answers(url):
            if time.monotonic() > deadline or process.poll() is not None:
                raise ServerNotReady("the reference door does not answer")
            time.sleep(0.1)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5)  # noqa: S310 - our own loopback address
    except urllib.error.HTTPError:
        return True  # 404: it is there
    except OSError:
        return False
    return True
