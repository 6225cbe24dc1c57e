"""A connection to the door for a thread of its own: bodies that are ready, at little cost."""

import http.client
import threading
from collections.abc import Mapping
from http import HTTPStatus
from random import Random
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog

from tillstream.http.retryable import FIRST_WAIT, LONGEST_WAIT, RETRYABLE, retry_after
from tillstream.runtime.settings import redacted

log = structlog.get_logger()

#: How much of an answer is read; a batch's answer names its first bad rows.
_MAX_ANSWER_BYTES = 1 << 22

# Not seeded: waits are no part of what is sent, and two runs must not wait in step.
_jitter = Random()  # noqa: S311 - waits, no secrets


class Reply(NamedTuple):
    """The door's last word, None without any, and how often the body was sent."""

    status: int | None
    body: bytes
    tries: int


class DoorConnection:
    """Posts to the door at `url`, one body after the other, over a connection that is kept.

    After a broken connection, a timeout (`timeout`, seconds) or an answer of RETRYABLE the same
    body is sent again, at most `tries` times in all, with exponential backoff, full jitter and on
    top of Retry-After; an Idempotency-Key makes that safe. Once `give_up` is set nothing is tried
    again.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        give_up: threading.Event,
        *,
        timeout: float,
        tries: int,
    ) -> None:
        parts = urlsplit(url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.hostname or "", parts.port, timeout=timeout)
        self._path = parts.path.rstrip("/")
        self._url = redacted(url)
        self._headers = dict(headers)
        self._give_up = give_up
        self._tries = tries

    def post(self, path: str, body: bytes, idempotency_key: str) -> Reply:
        """Send until there is a final answer, or no try is left."""
        headers = {**self._headers, "Idempotency-Key": idempotency_key}
        for attempt in range(1, self._tries + 1):
            status, text, wait, reason = self._try(path, body, headers)
            if status is not None and status not in RETRYABLE:
                return Reply(status, text, attempt)
            if attempt > 1:
                log.warning("not accepted yet, trying again", reason=reason, url=self._url)
            ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
            if attempt == self._tries or self._give_up.wait(wait + _jitter.uniform(0, ceiling)):
                break
        return Reply(status, text, attempt)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _try(
        self, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int | None, bytes, float, str]:
        """The status, the answer, what Retry-After asks for in seconds, and what went wrong."""
        try:
            self._connection.request("POST", self._path + path, body, headers)
            response = self._connection.getresponse()
            text = response.read(_MAX_ANSWER_BYTES)
            if not response.isclosed():
                self._connection.close()
        except (http.client.HTTPException, OSError) as error:
            # The next request opens another connection.
            self._connection.close()
            return None, b"", 0.0, repr(error)
        wait = retry_after(response.headers.get("Retry-After"))
        return response.status, text, wait, HTTPStatus(response.status).phrase
