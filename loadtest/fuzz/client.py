"""Sends any request, whatever its headers, and again where its connection was closed meanwhile."""

import asyncio

from loadtest.fuzz.formats import Request
from loadtest.http_client import Answer, Connection, connect

#: Longest wait for an answer, and for a connection, seconds.
ANSWER_SECONDS = 60.0


class Client:
    """One request at a time; a connection that the door closed is opened anew."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._connection: Connection | None = None

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()

    async def post(self, request: Request) -> Answer:
        """Send it and wait for its answer, whose status is 0 where none came."""
        was_open = self._is_open()
        answer = await self._post(request)
        if answer.status == 0 and was_open:
            # It was closed while it was idle, or after the last answer.
            answer = await self._post(request)
        return answer

    async def _post(self, request: Request) -> Answer:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if self._connection is None or not self._is_open():
                    self._connection = await connect(self._host, self._port)
                return await self._connection.request(head(request) + request.body)
        except (OSError, TimeoutError):
            self.close()
            return Answer(0, b"")

    def _is_open(self) -> bool:
        return self._connection is not None and self._connection.is_open()


def head(request: Request) -> bytes:
    """The head of a request; what is no Latin-1 is sent as UTF-8."""
    lines = [f"POST {request.path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    lines.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join([*lines, "", ""]).encode()
