"""Clients of a door: wrk for throughput, an open loop for latency, aio-pika for the broker."""

import asyncio
import gc
import json
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import aio_pika
import aiohttp

from tillstream import topology
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


def open_loop(url: str, body: Callable[[int], bytes], rate: int, seconds: int) -> list[float]:
    """Latency of each POST in seconds, from the time at which it was to be sent.

    A door that stalls is charged for every request that had to wait meanwhile. The first second
    opens the connections and is left out.
    """
    warm_up = rate

    async def run() -> list[float]:
        latencies = [0.0] * (warm_up + rate * seconds)
        first = time.time_ns() // 1000 % 10**12
        connector = aiohttp.TCPConnector(limit=0)
        headers = {"Content-Type": "application/json"}
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(
            connector=connector, headers=headers, timeout=timeout
        ) as session:
            started = time.perf_counter()

            async def send(number: int, intended: float) -> None:
                async with session.post(url, data=body(first + number)) as answer:
                    await answer.read()
                    if answer.status != 202:
                        raise RefusedError(f"{url} answered {answer.status}")
                latencies[number] = time.perf_counter() - intended

            sending: list[asyncio.Task[None]] = []
            # One task when it is due: thousands made at once would hold up the first of them.
            for number in range(len(latencies)):
                intended = started + number / rate
                await asyncio.sleep(max(0.0, intended - time.perf_counter()))
                sending.append(asyncio.create_task(send(number, intended)))
            await asyncio.gather(*sending)
        return latencies[warm_up:]

    # What the collector of this process would take, the door would be charged for.
    gc.disable()
    try:
        return asyncio.run(run())
    finally:
        gc.enable()


def broker_limit(amqp_url: str, body: bytes, in_flight: int, seconds: float) -> float:
    """Confirmed, persistent messages of `body` a second that aio-pika brings to `receipts`."""

    async def run() -> float:
        sent = 0
        connection = await aio_pika.connect(amqp_url, timeout=10)
        async with connection:
            channel = await connection.channel(publisher_confirms=True)
            exchange = await channel.get_exchange(topology.RECEIPTS)
            deadline = time.perf_counter() + seconds

            async def publish() -> None:
                nonlocal sent
                while time.perf_counter() < deadline:
                    message = aio_pika.Message(
                        body,
                        content_type="application/x-ndjson",
                        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                    )
                    await exchange.publish(message, routing_key="", timeout=30)
                    sent += 1

            started = time.perf_counter()
            await asyncio.gather(*(publish() for _ in range(in_flight)))
            return sent / (time.perf_counter() - started)

    return asyncio.run(run())


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
