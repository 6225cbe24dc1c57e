"""What costs a client little costs the dashboard little, and its pages are answered meanwhile."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.attacked import peak_memory, send, status_of
from tests.support.dashboards import Dashboard

MIB = 1024 * 1024
#: What an attack may cost above what the dashboard needs by itself.
MAX_GROWTH = 100 * MIB
MAX_BODY_BYTES = MIB
CALL = "/_dash-update-component"
FLOODS: list[Callable[[int], bytes]] = [
    lambda _: b"x" * 65_536,
    lambda number: b"X-%d: %b\r\n" % (number, b"y" * 60_000),
    lambda number: b"".join(b"X-%d-%d: y\r\n" % (number, each) for each in range(200)),
]


class Attacked:
    """A dashboard process under attack."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._before = self._peak()

    def grown(self) -> int:
        """By how much its largest memory exceeds that of its start, bytes."""
        return self._peak() - self._before

    def _peak(self) -> int:
        return peak_memory(self._dashboard.process.pid)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._dashboard.port), timeout=20)

    def slowest_page(self, count: int = 5) -> float:
        """Longest time to the page for so many viewers, each on a new connection, seconds."""
        slowest = 0.0
        for _ in range(count):
            started = time.perf_counter()
            assert 200 == httpx.get(self._dashboard.url, auth=("chef", "x"), timeout=20).status_code
            slowest = max(slowest, time.perf_counter() - started)
        return slowest


@contextmanager
def attacked(amqp_url: str, mongo_url: str, **environ: str) -> Iterator[Attacked]:
    settings = {"AMQP_URL": amqp_url, "MONGO_URL": mongo_url, "MONGO_DATABASE": "attacked"}
    with closing(Dashboard(**settings, **environ)) as dashboard:
        dashboard.start()
        # What is made at the first request is no cost of an attack.
        httpx.get(dashboard.url, auth=("chef", "x"), timeout=20)
        yield Attacked(dashboard)


@pytest.fixture
def signed(broker: BlockingConnection, amqp_url: str, mongo_url: str) -> Iterator[Attacked]:
    """One that asks for a user and a password."""
    who = {"DASHBOARD_USER": "chef", "DASHBOARD_PASSWORD": "x"}
    with attacked(amqp_url, mongo_url, **who) as dashboard:
        yield dashboard


@pytest.mark.parametrize("flood", FLOODS, ids=["one value", "long headers", "many headers"])
def test_headers_beyond_their_budget_are_refused(
    signed: Attacked, flood: Callable[[int], bytes]
) -> None:
    with signed.connect() as connection:
        send(connection, b"GET / HTTP/1.1\r\nHost: d\r\nX-First: a\r\n")
        sent = 0
        while sent < 2_000 and send(connection, flood(sent)):
            sent += 1

        assert 431 == status_of(connection)
    assert signed.grown() < MAX_GROWTH
    assert signed.slowest_page() < 2


def test_half_sent_headers_make_room_for_viewers_and_end(
    broker: BlockingConnection, amqp_url: str, mongo_url: str
) -> None:
    bounds = {"MAX_CONNECTIONS": "200", "HEADER_TIMEOUT_SECONDS": "3"}
    with attacked(amqp_url, mongo_url, **bounds) as dashboard, ExitStack() as opened:
        halves = [opened.enter_context(dashboard.connect()) for _ in range(500)]
        for half in halves:
            send(half, b"POST " + CALL.encode() + b" HTTP/1.1\r\nHost: d")

        assert dashboard.slowest_page() < 2
        assert 408 == status_of(halves[-1])
        assert dashboard.grown() < MAX_GROWTH


@pytest.mark.parametrize(
    "head", [b"Content-Length: 1000000000\r\n", b"Content-Length: 1000000\r\n"]
)
def test_without_a_sign_in_no_body_is_kept(signed: Attacked, head: bytes) -> None:
    with ExitStack() as opened:
        statuses = []
        for _ in range(60):
            connection = opened.enter_context(signed.connect())
            send(connection, b"POST " + CALL.encode() + b" HTTP/1.1\r\nHost: d\r\n" + head)
            send(connection, b"\r\n" + b" " * 999_000)
            statuses.append(status_of(connection))

        assert {401, 413} >= set(statuses), statuses
        assert signed.slowest_page() < 2
        assert signed.grown() < MAX_GROWTH


def test_bodies_without_an_end_are_bounded_where_nobody_signs_in(
    broker: BlockingConnection, amqp_url: str, mongo_url: str
) -> None:
    chunk = b"%x\r\n%b\r\n" % (65_536, b" " * 65_536)
    with attacked(amqp_url, mongo_url) as dashboard, ExitStack() as opened:
        statuses = []
        for _ in range(60):
            connection = opened.enter_context(dashboard.connect())
            send(
                connection,
                b"POST " + CALL.encode() + b" HTTP/1.1\r\nHost: d\r\n"
                b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
            )
            sent = 0
            while sent < 2 * MAX_BODY_BYTES and send(connection, chunk):
                sent += 65_536
            statuses.append(status_of(connection))

        assert {400, 413} >= set(statuses), statuses
        assert dashboard.slowest_page() < 2
        assert dashboard.grown() < MAX_GROWTH


def test_a_body_that_makes_no_progress_is_ended(
    broker: BlockingConnection, amqp_url: str, mongo_url: str
) -> None:
    with (
        attacked(amqp_url, mongo_url, BODY_IDLE_SECONDS="1") as dashboard,
        dashboard.connect() as connection,
    ):
        head = b"POST " + CALL.encode() + b" HTTP/1.1\r\nHost: d\r\nContent-Type: application/json"
        send(connection, head + b"\r\nContent-Length: 100\r\n\r\n{")

        assert 408 == status_of(connection)
