"""The body of a request: its media type, and its bytes up to a bound."""

from starlette.types import Receive, Scope

from entrypoint import problems
from entrypoint.syntax_errors import BOM
from tillstream.http.asgi import header
from tillstream.runtime.decompress import UNPACKERS, NotPackedError, TooLargeError


def media_type(scope: Scope) -> str | None:
    """The media type of the body, without parameters, or None when it is not named."""
    found = header(scope, b"content-type")
    return None if found is None else found.partition(";")[0].strip().lower()


def unpacked_body(scope: Scope, body: bytes, limit: int, setting: str) -> bytes:
    """The body as UTF-8, unpacked and without a byte order mark; raises 400, 413 or 415."""
    content_type = header(scope, b"content-type")
    if content_type is not None and ";" in content_type:
        _require_utf8(content_type)
    coding = header(scope, b"content-encoding")
    if coding is not None:
        body = _unpacked(body, coding, limit, setting)
    # RFC 8259 lets a reader pass over it, and Windows writes it.
    return body.removeprefix(BOM)


def _require_utf8(content_type: str) -> None:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        charset = value.strip().strip("\"'")
        if name.strip().lower() == "charset" and charset.lower() not in ("utf-8", "utf8"):
            raise problems.wrong_charset(charset)


def _unpacked(body: bytes, coding: str, limit: int, setting: str) -> bytes:
    """The body without its coding (RFC 9110, 8.4): one at most, in either case, or `identity`."""
    names = [name for part in coding.split(",") if (name := part.strip().lower())]
    packed = [name for name in names if name != "identity"]
    if not packed:
        return body
    name = "gzip" if packed[0] == "x-gzip" else packed[0]
    unpack = UNPACKERS.get(name) if len(packed) == 1 else None
    if unpack is None:
        raise problems.wrong_encoding(coding, list(UNPACKERS))
    try:
        return unpack(body, limit)
    except TooLargeError as error:
        raise problems.too_large(limit, setting) from error
    except NotPackedError as error:
        raise problems.unreadable(name, str(error)) from error


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
            raise problems.unreadable("JSON", "it ended before it was whole")
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > limit:
            raise problems.too_large(limit, setting)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
