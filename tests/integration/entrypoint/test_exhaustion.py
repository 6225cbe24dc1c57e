"""What costs a client little costs the door little, and tills are answered meanwhile."""

import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.attacked import JSON, MAX_RESIDENT, MIB, Door, attacked, status_of

XML = {"Content-Type": "application/xml"}
CSV = {"Content-Type": "text/csv"}
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def door(broker: BlockingConnection, amqp_url: str, tmp_path: Path) -> Iterator[Door]:
    with attacked(amqp_url, tmp_path) as door:
        yield door


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        pytest.param(b"[" + b"{}," * 5_000_000 + b"{}]", JSON, 413, id="5 million objects"),
        pytest.param(b"[" + b"0," * 99_999 + b"0]", JSON, 422, id="100,000 wrong rows"),
        pytest.param(b"<receipts>" + b"<receipt/>" * 90_000 + b"</receipts>", XML, 422, id="XML"),
        pytest.param(
            b"<receipt>" + b"<a/>" * (4 * MIB - 10) + b"</receipt>", XML, 400, id="XML elements"
        ),
        pytest.param(b"," * (16 * MIB), CSV, 400, id="CSV columns"),
        pytest.param(b"storeID\n" + b"," * (16 * MIB - 8), CSV, 400, id="CSV cells"),
        pytest.param(b"storeID\n" + b"1\n" * (8 * MIB - 8), CSV, 400, id="CSV rows"),
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


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(b"[" + b"0," * 99_999 + b"0]", JSON, id="rows of JSON"),
        pytest.param(b"{}\n" * 100_000, NDJSON, id="lines"),
    ],
)
def test_many_clients_with_bodies_that_become_much_are_read_a_few_at_a_time(
    door: Door, body: bytes, headers: dict[str, str]
) -> None:
    def post(_: int) -> int:
        answer = door.client.post("/receipts", content=body, headers=headers, timeout=60)
        return answer.status_code

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(post, range(32)))

    # Who waits for its turn too long is asked to come again.
    assert {422} <= set(answers) <= {422, 503}
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
