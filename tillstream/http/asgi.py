"""Requests and replies without a framework: the hot path pays for nothing that it does not use."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec
from starlette.types import Receive, Scope, Send

from tillstream.codec import JSON
from tillstream.http.problems import PROBLEM_JSON, ProblemError

Headers = tuple[tuple[bytes, bytes], ...]

_encode = msgspec.json.Encoder().encode
_JSON_HEADERS: Headers = ((b"content-type", JSON.encode()),)


class Reply(NamedTuple):
    """A whole response."""

    status: int
    body: bytes
    headers: Headers


#: Answers one request.
Handler = Callable[[Scope, Receive], Awaitable[Reply]]


def json_reply(status: int, content: object) -> Reply:
    """`content` as JSON."""
    return Reply(status, _encode(content), _JSON_HEADERS)


def problem_reply(problem: ProblemError, request_id: str) -> Reply:
    """A problem document."""
    headers = {"content-type": PROBLEM_JSON} | problem.headers
    encoded = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
    return Reply(problem.status, problem.document(request_id), encoded)


async def send_reply(send: Send, reply: Reply, request_id: str) -> None:
    """Send it, with its length and the request's id."""
    headers = [
        (b"content-length", b"%d" % len(reply.body)),
        (b"x-request-id", request_id.encode()),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def header(scope: Scope, name: bytes) -> str | None:
    """The value of a header (lower-case name), or None."""
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None
