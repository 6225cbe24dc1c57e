"""Clients that send as fast as they are answered: wrk to a door, aio-pika to the broker."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import aio_pika

from loadtest.bench.log_writer import message, publish_all
from tillstream.codec import NDJSON
from tillstream.errors import TillstreamError

SCRIPT = Path(__file__).with_name("post.lua")


class Throughput(NamedTuple):
    """What wrk saw of one run."""

    requests: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float


class RefusedError(TillstreamError):
    """A run in which requests failed: its figures would mean nothing."""


def wrk(
    url: str,
    bodies: list[bytes],
    content_type: str,
    *,
    connections: int,
    seconds: int,
    folder: Path,
) -> Throughput:
    """Send as fast as `connections` take it. `#NUMBER#` in a body becomes a new number each time.

    Raises RefusedError when any answer was not 2xx.
    """
    for index, body in enumerate(bodies):
        (folder / f"body-{index}").write_bytes(body)
    environ = {
        "BODIES": str(folder),
        "BODY_COUNT": str(len(bodies)),
        "CONTENT_TYPE": content_type,
        "FIRST_NUMBER": str(time.time_ns() // 1000 % 10**12),
    }
    finished = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(SCRIPT), url],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 30,
    )
    found = json.loads(finished.stdout.splitlines()[-1])
    if found["failed"]:
        raise RefusedError(f"{found['failed']} requests to {url} failed: {finished.stdout[:500]}")
    return Throughput(
        found["requests"], found["requests"] / found["seconds"], found["p50"], found["p99"]
    )


def broker_limit(amqp_url: str, body: bytes, in_flight: int, seconds: float) -> float:
    """Confirmed, persistent messages of `body` a second that aio-pika brings to `receipts`."""
    started = time.perf_counter()
    sent = 0

    def messages() -> Iterator[aio_pika.Message]:
        nonlocal sent
        while time.perf_counter() < started + seconds:
            yield message(body, NDJSON)
            sent += 1

    publish_all(amqp_url, messages(), in_flight)
    return sent / (time.perf_counter() - started)


def wrk_version() -> str:
    """The version of wrk; raises TillstreamError where there is none."""
    try:
        said = subprocess.run(
            ["wrk", "-v"], capture_output=True, text=True, check=False, timeout=10
        )
    except FileNotFoundError as error:
        raise TillstreamError("wrk is missing: apt-get install wrk") from error
    found = re.search(r"wrk ([^\s\[]+)", said.stdout + said.stderr)
    return found[1] if found else "unknown"
