"""Replies without a framework: the hot path pays for nothing that it does not use."""

from typing import NamedTuple

import msgspec
from starlette.types import Scope

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


def json_reply(status: int, content: object) -> Reply:
    """`content` as JSON."""
    return Reply(status, _encode(content), _JSON_HEADERS)


def problem_reply(problem: ProblemError, request_id: str) -> Reply:
    """A problem document."""
    headers = {"content-type": PROBLEM_JSON} | problem.headers
    encoded = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
    return Reply(problem.status, problem.document(request_id), encoded)


def header(scope: Scope, name: bytes) -> str | None:
    """The value of a header (lower-case name), its first one; or None."""
    if "first_headers" in scope:  # a direct request: they are looked up several times
        found = scope["first_headers"].get(name)
        return None if found is None else found.decode("latin-1")
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None
