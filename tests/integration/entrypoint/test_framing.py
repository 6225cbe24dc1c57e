"""However its request is framed, a receipt is taken the same way, and each request is answered."""

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.support.receipts import encoded, receipt

Published = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def wire(door: httpx.Client) -> Iterator[socket.socket]:
    """A connection to the door, without a client library."""
    address = (door.base_url.host, door.base_url.port)
    with socket.create_connection(address, timeout=10) as connection:
        yield connection


def request(number: int, *headers: str, version: str = "1.1", path: str = "/receipt") -> bytes:
    body = encoded(receipt(number))
    lines = [
        f"POST {path} HTTP/{version}",
        "Host: door",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(number: int) -> bytes:
    body = encoded(receipt(number))
    head = request(number, "Transfer-Encoding: chunked").partition(b"\r\n\r\n")[0]
    head = b"\r\n".join(line for line in head.split(b"\r\n") if b"Length" not in line)
    return head + b"\r\n\r\n" + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def answers(wire: socket.socket, count: int) -> list[tuple[int, str]]:
    """Status and key, or `Connection`, of so many answers; reads no further."""
    found: list[tuple[int, str]] = []
    stream = wire.makefile("rb")
    while len(found) < count:
        status = int(stream.readline().split()[1])
        if status == 100:
            assert b"\r\n" == stream.readline()
            continue
        headers: dict[str, str] = {}
        while line := stream.readline().strip().decode():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        body = json.loads(stream.read(int(headers["content-length"])))
        found.append((status, body.get("key") or headers.get("connection", "")))
    return found


def key(number: int) -> str:
    fields = receipt(number)
    return f"{fields['date']}/{fields['storeID']}/{fields['terminalID']}/{number}"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(request(1) + request(2) + request(3), id="pipelined"),
        pytest.param(request(1) + chunked(2) + request(3), id="chunked amid plain ones"),
        pytest.param(
            request(1) + request(2, "Expect: 100-continue") + request(3), id="expecting to go on"
        ),
        pytest.param(
            request(1) + request(2, path="/receipt?from=till") + request(3), id="with a query"
        ),
        pytest.param(request(1) + request(2) + request(3, "Connection: close"), id="closing"),
        pytest.param(request(1) + request(2) + request(3, version="1.0"), id="of HTTP 1.0 at last"),
    ],
)
def test_requests_of_one_connection_are_answered_in_their_order(
    wire: socket.socket, published: Published, sent: bytes
) -> None:
    wire.sendall(sent)

    assert [(202, key(number)) for number in (1, 2, 3)] == answers(wire, 3)
    assert [1, 2, 3] == sorted(fields["cashReceiptID"] for fields in published())


def test_what_stands_behind_a_chunked_body_is_no_header(
    wire: socket.socket, published: Published
) -> None:
    trailers = b"Content-Encoding: gzip\r\nContent-Type: text/csv\r\n"
    wire.sendall(chunked(1).removesuffix(b"\r\n") + trailers + b"\r\n" + request(2))

    assert [202, 202] == [status for status, _ in answers(wire, 2)]
    assert 2 == len(published())


def test_a_request_that_comes_byte_by_byte_is_whole_at_its_end(
    wire: socket.socket, published: Published
) -> None:
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in request(1):
        wire.sendall(bytes([byte]))

    assert [(202, key(1))] == answers(wire, 1)


def test_after_an_answer_that_closes_the_connection_is_closed(wire: socket.socket) -> None:
    too_large = receipt(1) | {"note": "x" * 5_000}
    body = encoded(too_large)
    head = request(1).partition(b"\r\n\r\n")[0].rsplit(b"\r\n", 1)[0]
    wire.sendall(head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    assert [(413, "close")] == answers(wire, 1)
    assert b"" == wire.recv(1)


def test_a_client_that_leaves_before_its_answer_takes_no_receipt_back(
    wire: socket.socket, door: httpx.Client, published: Published
) -> None:
    wire.sendall(request(1))
    wire.close()
    answer = door.post("/receipt", json=receipt(2))

    assert 202 == answer.status_code
    assert [1, 2] == sorted(fields["cashReceiptID"] for fields in published())
