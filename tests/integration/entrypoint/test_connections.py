"""A connection costs little and ends, whatever its client sends, reads, or leaves out."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.attacked import JSON, MAX_RESIDENT, MIB, Door, attacked, status_of
from tests.support.receipts import encoded, receipt
from tests.support.waiting import wait_until

HEAD = b"POST /receipt HTTP/1.1\r\nHost: door\r\nContent-Type: application/json\r\n"


@pytest.fixture
def door(broker: BlockingConnection, amqp_url: str, tmp_path: Path) -> Iterator[Door]:
    bounds = {"MAX_CONNECTIONS": "50", "HEADER_TIMEOUT_SECONDS": "2", "BODY_IDLE_SECONDS": "2"}
    with attacked(amqp_url, tmp_path, **bounds) as door:
        yield door


@contextmanager
def slowest_look(door: Door) -> Iterator[list[float]]:
    """Collects how long a question took that needs nothing but a turn of the loop, seconds."""
    times: list[float] = []
    ended = threading.Event()

    def look() -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{door.port}", timeout=20) as client:
            while not ended.wait(0.02):
                started = time.perf_counter()
                client.get("/health/live")
                times.append(time.perf_counter() - started)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        wait_until(lambda: times, 10, "the first look")
        yield times
    finally:
        ended.set()
        thread.join()


def closed(connection: socket.socket) -> bool:
    """Whether the door has closed it."""
    connection.settimeout(0.05)
    try:
        while connection.recv(65_536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def test_line_breaks_are_no_request_and_hold_no_place(door: Door) -> None:
    with ExitStack() as opened:
        connections = [opened.enter_context(door.connect()) for _ in range(60)]
        for connection in connections:
            try:
                connection.sendall(b"\r\n")
            except ConnectionError:
                continue

        assert door.slowest_till() < 1
        for connection in connections:
            wait_until(lambda one=connection: closed(one), 9, "its end")  # type: ignore[misc]


def test_a_connection_ends_between_requests_and_not_while_they_come(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    with attacked(amqp_url, tmp_path, KEEP_ALIVE_SECONDS="1") as door, door.connect() as idle:
        idle.sendall(b"GET /health/live HTTP/1.1\r\nHost: door\r\n\r\n")
        # It raises when the door closes it.
        busy = HTTPConnection("127.0.0.1", door.port, timeout=20)
        busy.connect()
        busy.auto_open = 0
        statuses: set[int] = set()

        def idle_is_closed() -> bool:
            busy.request("GET", "/health/live")
            answer = busy.getresponse()
            answer.read()
            statuses.add(answer.status)
            return closed(idle)

        wait_until(idle_is_closed, 20, "the end of the idle one")
        busy.close()

        assert statuses == {200}


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
REFUSED = HEAD + b'Content-Length: 212\r\n\r\n{"lines":[' + b"{}," * 66 + b"{}]}"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(REFUSED, id="receipts"),
        pytest.param(b"GET /health/live HTTP/1.1\r\nHost: door\r\n\r\n", id="pages"),
        pytest.param(
            b"GET /docs/files/swagger-ui-bundle.js HTTP/1.1\r\nHost: door\r\n\r\n", id="files"
        ),
    ],
)
def test_who_takes_no_answer_gets_no_more_and_is_cut_off(door: Door, sent: bytes) -> None:
    with slowest_look(door) as looks, ExitStack() as opened:
        connections = [opened.enter_context(door.connect()) for _ in range(5)]
        for connection in connections:
            connection.settimeout(0.5)
            try:
                for _ in range(200):  # one after the other: none waits behind another for long
                    connection.sendall(sent * 50)
            except (TimeoutError, ConnectionError):
                continue

        assert door.slowest_till() < 1
        assert door.peak() < MAX_RESIDENT
        for connection in connections:
            wait_until(lambda one=connection: closed(one), 10, "its end")  # type: ignore[misc]
    assert max(looks) < 1


def test_one_connection_cannot_queue_requests_without_end(door: Door) -> None:
    with door.connect() as connection:
        try:
            for _ in range(50):
                connection.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10_000)
        except ConnectionError:
            pass

        assert door.slowest_till() < 1
        wait_until(lambda: closed(connection), 9, "its end")
    assert door.peak() < 150 * MIB


def test_an_upgrade_is_no_way_around_the_budgets(door: Door) -> None:
    with door.connect() as connection:
        connection.sendall(
            b"GET /health/live HTTP/1.1\r\nHost: door\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )

        assert 200 == status_of(connection)


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: -1",
        b"Content-Length: +2",
        b"Content-Length: 2\r\nContent-Length: 2",
        b"Content-Length: 2\r\nContent-Length: 3",
        b"Content-Length: 2, 2",
        b"Content-Length: 99999999999999999999999999",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: identity\r\nContent-Length: 2",
        b"Transfer-Encoding : chunked",
        b"X: a\r\n b\r\nContent-Length: 2",
    ],
)
def test_a_body_whose_end_can_be_told_in_two_ways_is_refused(shared: Door, framing: bytes) -> None:
    with shared.connect() as connection:
        connection.sendall(HEAD + framing + b"\r\n\r\n2\r\n{}\r\n0\r\n\r\n")

        assert 400 == status_of(connection)


@pytest.fixture(scope="module")
def shared(amqp_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One door for what leaves nothing behind."""
    with attacked(amqp_url, tmp_path_factory.mktemp("door")) as door:
        yield door


@pytest.mark.parametrize(
    ("twice", "status"),
    [
        (b"Content-Type: text/csv\r\nContent-Type: application/json", 400),
        (b"Content-Encoding: identity\r\nContent-Encoding: gzip", 400),
        (b"Authorization: Bearer a\r\nAuthorization: Bearer A", 400),
        (b"Host: another", 400),
        (b"X-Token: a\r\nX-Token: b", 400),
        (b"CE-ID: a\r\nCE-ID: b", 400),
        (b"Content-Type: application/json\r\nContent-Type: Application/JSON; charset=UTF-8", 422),
        (b"Via: 1.1 one\r\nVia: 1.1 two", 422),
    ],
)
@pytest.mark.parametrize("framing", [b"Content-Length: 2\r\n\r\n{}", CHUNKED])
def test_a_header_that_comes_twice_may_not_say_two_things(
    shared: Door, twice: bytes, status: int, framing: bytes
) -> None:
    with shared.connect() as connection:
        connection.sendall(HEAD + twice + b"\r\n" + framing)

        assert status == status_of(connection)


@pytest.mark.parametrize("length", [b"99000000", b"18446744073709551615"])
@pytest.mark.parametrize("more", [b"", b"Expect: 100-continue\r\n"])
def test_a_body_that_is_announced_too_large_is_not_waited_for(
    shared: Door, length: bytes, more: bytes
) -> None:
    with shared.connect() as connection:
        connection.sendall(HEAD + more + b"Content-Length: " + length + b"\r\n\r\n")

        assert 413 == status_of(connection)


@pytest.mark.parametrize("path", ["/receipt", "/receipts"])
def test_of_requests_with_one_key_at_once_one_goes_ahead(shared: Door, path: str) -> None:
    url = f"http://127.0.0.1:{shared.port}{path}"
    bodies = [encoded(receipt(900_000 + n % 2, terminalID=path)) for n in range(20)]
    statuses: list[int] = []

    def send(body: bytes) -> None:
        headers = JSON | {"Idempotency-Key": path}
        statuses.append(httpx.post(url, content=body, headers=headers, timeout=20).status_code)

    threads = [threading.Thread(target=send, args=[body]) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [202] * 10 + [409] * 10 == sorted(statuses)
