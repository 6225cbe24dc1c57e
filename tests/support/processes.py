"""Runs one of our processes in a test, as a user would, and ends it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from local.ports import free_port
from tests.support.waiting import wait_until

STOP_SECONDS = 20


@contextmanager
def running(*arguments: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m ...` with these settings; ended by SIGTERM, killed when that does not end it."""
    command = [sys.executable, "-m", *arguments]
    with ended(subprocess.Popen(command, env=os.environ | environ)) as process:
        yield process


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that was started; ended by SIGTERM, killed when that does not end it."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


@contextmanager
def killed(*arguments: str, **environ: str) -> Iterator[None]:
    """As `running`, killed at the end, whatever it does then."""
    process = subprocess.Popen([sys.executable, "-m", *arguments], env=os.environ | environ)
    try:
        yield
    finally:
        process.kill()
        process.wait(STOP_SECONDS)


def answers(url: str) -> bool:
    """Whether a GET of `url` answers 200 now."""
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def running_door(amqp_url: str, **environ: str) -> Iterator[str]:
    """An entrypoint that is ready; yields its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {"AMQP_URL": amqp_url, "ENTRYPOINT_PORT": str(port)} | environ
    with running("entrypoint", **settings):
        wait_until(lambda: answers(f"{url}/health/ready"), 30, "the entrypoint")
        yield url


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(each) for each in (task / "children").read_text().split()]
    return found
