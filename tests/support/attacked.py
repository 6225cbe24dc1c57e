"""A door under attack: what it costs, and how long its tills wait."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from local.ports import free_port
from tests.support.processes import answers, running
from tests.support.receipts import encoded, receipt
from tests.support.waiting import wait_until

MIB = 1024 * 1024
#: What the door may take in all, as it is promised.
MAX_RESIDENT = 300 * MIB
JSON = {"Content-Type": "application/json"}


def peak_memory(pid: int) -> int:
    """Most memory that a process ever had, bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [peak] = (line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) * 1024


class Door:
    """A door process under attack, and a till that sends to it meanwhile."""

    def __init__(self, pid: int, port: int) -> None:
        self._pid = pid
        self.port = port
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)
        self._numbers = iter(range(1, 1_000_000))

    def peak(self) -> int:
        """Most memory that it ever had, bytes."""
        return peak_memory(self._pid)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def slowest_till(self, count: int = 5) -> float:
        """Longest time to the answer of so many receipts, each on a new connection, seconds."""
        slowest = 0.0
        for _ in range(count):
            started = time.perf_counter()
            answer = httpx.post(
                f"http://127.0.0.1:{self.port}/receipt",
                content=encoded(receipt(next(self._numbers))),
                headers=JSON,
                timeout=20,
            )
            slowest = max(slowest, time.perf_counter() - started)
            assert 202 == answer.status_code
        return slowest


@contextmanager
def attacked(amqp_url: str, folder: Path, **environ: str) -> Iterator[Door]:
    port = free_port()
    settings = {"AMQP_URL": amqp_url, "ENTRYPOINT_PORT": str(port), "DATA_DIR": str(folder)}
    with running("entrypoint", **(settings | environ)) as process:
        door = Door(process.pid, port)
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/health/ready"), 60, "the door")
        yield door
        door.client.close()


def status_of(connection: socket.socket) -> int:
    return int(connection.makefile("rb").readline().split()[1])


def send(connection: socket.socket, part: bytes) -> bool:
    """Whether it was taken: a connection that is refused is closed while we still send."""
    try:
        connection.sendall(part)
    except (ConnectionError, TimeoutError):
        return False
    return True
