"""A client that costs little: kept-alive connections, requests as bytes, answers by length."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import uvloop


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class Connection(asyncio.Protocol):
    """One request at a time; `request` returns its answer."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._received = b""
        self._answer: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        # uvloop's transports are none by their class.
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Wait for the whole answer."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or self._answer is None or self._answer.done():
            return
        head = head.lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if len(body) < length:
            return
        self._received = b""
        self._answer.set_result(Answer(int(head[9:12]), body))
        if b"connection: close" in head:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """An answer that was waited for never comes."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError())

    async def request(self, request: bytes) -> Answer:
        """Send it and wait for its answer; raises OSError when the connection is lost."""
        assert self._transport is not None  # noqa: S101
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def is_open(self) -> bool:
        """Whether a request can be sent; a door closes a connection that is idle for long."""
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


async def connect(host: str, port: int) -> Connection:
    """A new connection; raises OSError."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, host, port)
    return connection


class Load(NamedTuple):
    """How to send: `rate` receipts a second (None: as fast as answered) for `seconds`."""

    rate: float | None
    batch: int
    connections: int
    seconds: float


class Sent(NamedTuple):
    """A request that was answered: how many receipts, when it was due and answered."""

    receipts: int
    due: float
    answered: float
    status: int

    @property
    def accepted(self) -> bool:
        """Whether the door has taken it."""
        return self.status == HTTPStatus.ACCEPTED


def post(host: str, port: int, batch: int, body: bytes) -> bytes:
    """The request for one receipt, or for a batch of NDJSON."""
    path, kind = ("/receipt", "json") if batch == 1 else ("/receipts", "x-ndjson")
    return (
        b"POST %b HTTP/1.1\r\nHost: %b:%d\r\nContent-Type: application/%b\r\n"
        b"Content-Length: %d\r\n\r\n%b"
    ) % (path.encode(), host.encode(), port, kind.encode(), len(body), body)


def send_all(url: str, load: Load, bodies: Callable[[], bytes]) -> list[Sent]:
    """As `send`, to the door at `url`, in a loop of its own."""
    address = urlsplit(url)
    return uvloop.run(send(str(address.hostname), address.port or 80, load, bodies))


async def send(host: str, port: int, load: Load, bodies: Callable[[], bytes]) -> list[Sent]:
    """Send what `bodies` gives (nothing ends it), each when it is due; times are Unix seconds.

    With a rate, request n is due at n x batch / rate however slow the answers are, and waits
    for a free connection: its delay is counted from when it was due.
    """
    start = time.time()
    done: list[Sent] = []
    sequence = iter(range(10**9))

    async def worker() -> None:
        connection = await connect(host, port)
        try:
            while True:
                now = time.time()
                due = now
                if load.rate is not None:
                    due = start + next(sequence) * load.batch / load.rate
                if due - start >= load.seconds:
                    return
                if due > now:
                    await asyncio.sleep(due - now)
                body = bodies()
                if not body:
                    return
                if not connection.is_open():
                    connection = await connect(host, port)
                answer = await connection.request(post(host, port, load.batch, body))
                done.append(Sent(load.batch, due, time.time(), answer.status))
        finally:
            connection.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(load.connections):
            group.create_task(worker())
    return sorted(done, key=lambda sent: sent.due)
