"""What costs a client little costs the archive's service little, and questions are answered."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.integration.persistence.api.conftest import serving
from tests.support.attacked import peak_memory, send, status_of

MIB = 1024 * 1024
#: What an attack may cost above what the service needs by itself.
MAX_GROWTH = 50 * MIB
#: What is asked here is answered without it.
NO_MONGO = "mongodb://127.0.0.1:1/?replicaSet=none"
BOUNDS = {"MAX_CONNECTIONS": "200", "HEADER_TIMEOUT_SECONDS": "3"}


class Attacked:
    """The service under attack."""

    def __init__(self, pid: int, client: httpx.Client) -> None:
        self._pid = pid
        self._url = client.base_url
        self._before = self._peak()

    def grown(self) -> int:
        """By how much its largest memory exceeds that of its start, bytes."""
        return self._peak() - self._before

    def _peak(self) -> int:
        return peak_memory(self._pid)

    def connect(self) -> socket.socket:
        return socket.create_connection((self._url.host, self._url.port), timeout=20)

    def slowest_answer(self, count: int = 5) -> float:
        """Longest time to an answer, each on a new connection, seconds."""
        slowest = 0.0
        for _ in range(count):
            started = time.perf_counter()
            answer = httpx.get(self._url.join("/receipts?limit=0"), timeout=20)
            slowest = max(slowest, time.perf_counter() - started)
            assert 400 == answer.status_code
        return slowest


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    settings = BOUNDS | {"DATA_DIR": str(tmp_path_factory.mktemp("attacked"))}
    with serving(NO_MONGO, "tillstream", **settings) as (process, client):
        yield Attacked(process.pid, client)


@pytest.mark.parametrize(
    "flood",
    [b"x" * 65_536, b"X: " + b"y" * 60_000 + b"\r\n", b"X: y\r\n" * 200],
    ids=["one value", "long headers", "many headers"],
)
def test_headers_beyond_their_budget_are_refused(service: Attacked, flood: bytes) -> None:
    with service.connect() as connection:
        send(connection, b"GET /receipts HTTP/1.1\r\nHost: a\r\nX-First: a\r\n")
        sent = 0
        while sent < 2_000 and send(connection, flood):
            sent += 1

        assert 431 == status_of(connection)
    assert service.slowest_answer() < 2
    assert service.grown() < MAX_GROWTH


def test_half_sent_headers_make_room_for_questions_and_end(service: Attacked) -> None:
    with ExitStack() as opened:
        halves = [opened.enter_context(service.connect()) for _ in range(500)]
        for half in halves:
            send(half, b"GET /receipts HTTP/1.1\r\nHost: a")

        assert service.slowest_answer() < 2
        assert 408 == status_of(halves[-1])
    assert service.grown() < MAX_GROWTH
