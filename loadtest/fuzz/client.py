"""A client that costs little and sends anything: kept-alive connections, heads as bytes."""

import asyncio
from typing import NamedTuple, Self

from loadtest.fuzz.formats import Request

#: Longest wait for an answer, and for a connection, seconds.
ANSWER_SECONDS = 60.0
#: Most bytes of an answer's head, and of its body.
HEAD_BYTES = 64 * 1024
BODY_BYTES = 16 * 1024 * 1024


class Answer(NamedTuple):
    """What came back; the status is 0 where the connection ended without an answer."""

    status: int
    body: bytes


class Connection:
    """One request at a time; a connection that the door closed is opened anew."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def post(self, request: Request) -> Answer:
        """Send it and wait for its answer. A connection that was closed meanwhile is no answer."""
        fresh = self._streams is None
        answer = await self._post(request)
        if answer.status == 0 and not fresh:
            # It was closed while it was idle, or after the last answer.
            answer = await self._post(request)
        return answer

    async def _post(self, request: Request) -> Answer:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if self._streams is None:
                    self._streams = await asyncio.open_connection(
                        self._host, self._port, limit=HEAD_BYTES
                    )
                return await self._exchanged(*self._streams, head(request), request.body)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            self.close()
            return Answer(0, b"")

    async def _exchanged(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes
    ) -> Answer:
        writer.write(head)
        writer.write(body)
        # Not drained: who is refused early reads the answer, whether or not all was taken.
        told = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(told.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        answer = Answer(int(told[9:12]), await reader.readexactly(min(length, BODY_BYTES)))
        if b"connection: close" in told:
            self.close()
        return answer


def head(request: Request) -> bytes:
    """The head of a request; what is no Latin-1 is sent as UTF-8."""
    lines = [f"POST {request.path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    lines.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join([*lines, "", ""]).encode()
