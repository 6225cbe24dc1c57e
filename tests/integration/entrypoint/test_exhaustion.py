"""What costs a client little costs the door little, and tills are answered meanwhile."""

import gzip
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.processes import answers, running
from tests.receipts import encoded, receipt
from tests.waiting import wait_until
from tillstream.local.ports import free_port

MIB = 1024 * 1024
#: What the door may take in all, as it is promised.
MAX_RESIDENT = 300 * MIB
JSON = {"Content-Type": "application/json"}
GZIP = JSON | {"Content-Encoding": "gzip"}


class Door:
    """A door process under attack."""

    def __init__(self, pid: int, port: int) -> None:
        self._pid = pid
        self.port = port
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)
        self._numbers = iter(range(1, 1_000_000))

    def peak(self) -> int:
        """Most memory that it ever had, bytes."""
        for line in Path(f"/proc/{self._pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmHWM")

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


@pytest.fixture
def door(broker: BlockingConnection, amqp_url: str, tmp_path: Path) -> Iterator[Door]:
    with attacked(amqp_url, tmp_path) as door:
        yield door


def status_of(connection: socket.socket) -> int:
    return int(connection.makefile("rb").readline().split()[1])


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        pytest.param(b"[" + b"{}," * 5_000_000 + b"{}]", JSON, 413, id="5 million objects"),
        pytest.param(b"[" + b"0," * 99_999 + b"0]", JSON, 422, id="100,000 wrong rows"),
        pytest.param(
            b"<receipts>" + b"<receipt/>" * 90_000 + b"</receipts>",
            {"Content-Type": "application/xml"},
            422,
            id="XML",
        ),
    ],
)
def test_a_small_body_that_unpacks_to_millions_is_told_soon_and_cheaply(
    door: Door, body: bytes, kind: dict[str, str], status: int
) -> None:
    packed = gzip.compress(body)

    answer = door.client.post(
        "/receipts", content=packed, headers=kind | {"Content-Encoding": "gzip"}
    )

    assert status == answer.status_code
    if status == 422:
        assert 100 == len(answer.json()["refused"])
    assert door.slowest_till() < 1
    assert door.peak() < MAX_RESIDENT


def test_unfinished_bodies_fill_a_budget_and_no_more(door: Door) -> None:
    part = b" " * (10 * MIB)
    head = b"POST /receipts HTTP/1.1\r\nHost: door\r\nContent-Type: application/json\r\n"
    with ExitStack() as opened:
        refused = 0
        for _ in range(20):
            connection = opened.enter_context(door.connect())
            try:
                connection.sendall(head + b"Content-Length: 16000000\r\n\r\n" + part)
                connection.settimeout(0.2)
                refused += status_of(connection) == 503
            except (TimeoutError, ConnectionError, IndexError):
                continue

        assert refused >= 5
        assert door.slowest_till() < 1
        assert door.peak() < MAX_RESIDENT


def test_without_a_key_no_byte_of_a_body_is_kept(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    with attacked(amqp_url, tmp_path, API_KEYS="on") as door, ExitStack() as opened:
        before = door.peak()
        head = b"POST /receipts HTTP/1.1\r\nHost: door\r\nContent-Length: 16000000\r\n\r\n"
        statuses = []
        for _ in range(40):
            connection = opened.enter_context(door.connect())
            connection.sendall(head)
            statuses.append(status_of(connection))
            connection.sendall(b" " * MIB)

        assert [401] * 40 == statuses
        assert door.peak() - before < 30 * MIB


def test_headers_beyond_their_budget_are_refused(door: Door) -> None:
    floods: list[Callable[[int], bytes]] = [
        lambda _: b"x" * 65_536,
        lambda n: b"X-%d: %b\r\n" % (n, b"y" * 60_000),
        lambda n: b"".join(b"X-%d-%d: y\r\n" % (n, i) for i in range(200)),
    ]
    for flood in floods:
        with door.connect() as connection:
            connection.sendall(b"POST /receipt HTTP/1.1\r\nHost: door\r\nX-First: ")
            for number in range(20):
                try:
                    connection.sendall(flood(number) if number else b"a\r\n" + flood(number))
                except ConnectionError:
                    break

            assert 431 == status_of(connection)
    assert door.peak() < MAX_RESIDENT
    assert 'tillstream_requests_refused_total{status="431"} 3.0' in door.client.get("/metrics").text


def test_half_sent_headers_make_room_for_tills_and_end(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    bounds = {"MAX_CONNECTIONS": "200", "HEADER_TIMEOUT_SECONDS": "3"}
    with attacked(amqp_url, tmp_path, **bounds) as door, ExitStack() as opened:
        halves = [opened.enter_context(door.connect()) for _ in range(400)]
        for half in halves:
            try:
                half.sendall(b"POST /receipt HTTP/1.1\r\nHost: d")
            except ConnectionError:
                continue

        assert door.slowest_till() < 1
        assert 408 == status_of(halves[-1])
        assert door.peak() < MAX_RESIDENT


def test_a_body_that_makes_no_progress_is_ended(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    with (
        attacked(amqp_url, tmp_path, BODY_IDLE_SECONDS="1") as door,
        door.connect() as whole,
        door.connect() as chunked,
    ):
        head = b"POST /receipt HTTP/1.1\r\nHost: door\r\nContent-Type: application/json\r\n"
        whole.sendall(head + b"Content-Length: 100\r\n\r\n{")
        chunked.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")

        assert [408, 408] == [status_of(whole), status_of(chunked)]
