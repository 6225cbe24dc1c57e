"""The body of a request: its media type, and its bytes up to a bound."""

from starlette.types import Receive, Scope

from entrypoint import problems
from tillstream.http.asgi import header


def media_type(scope: Scope) -> str | None:
    """The media type of the body, without parameters, or None when it is not named."""
    found = header(scope, b"content-type")
    return None if found is None else found.partition(";")[0].strip().lower()


async def read_body(scope: Scope, receive: Receive, limit: int, setting: str) -> bytes:
    """The whole body; raises 413 as soon as it is known to be larger than `limit` bytes."""
    declared = header(scope, b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > limit:
        raise problems.too_large(limit, setting)
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Nobody is left to read this answer; nothing was accepted.
            raise problems.not_json("it ended before it was whole")
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > limit:
            raise problems.too_large(limit, setting)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
