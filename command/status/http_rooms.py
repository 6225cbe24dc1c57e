"""What the rooms that listen for HTTP answer."""

import contextlib
import http.client
from typing import Any
from urllib.parse import urlsplit

import msgspec

from command.status.asking import NoAnswerError, brief

#: Longest wait for an answer, seconds.
HTTP_SECONDS = 1.5


def ready(url: str) -> None:
    """Return where `url`/health/ready says 200; raises NoAnswerError with what it says instead."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(
        place.hostname or "127.0.0.1", place.port, timeout=HTTP_SECONDS
    )
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        body = answer.read(2_000)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswerError(f"{url} does not answer: {brief(error)}") from error
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise NoAnswerError(f"{url} is not ready: {_reason(body)}")


def _reason(body: bytes) -> str:
    with contextlib.suppress(msgspec.DecodeError):
        said: Any = msgspec.json.decode(body)
        if isinstance(said, dict):
            return str(said.get("reason") or said.get("status") or said)[:200]
    return body[:200].decode(errors="replace")
