"""Brings one receipt to the door: POST, and again with backoff while it may still be accepted."""

import asyncio
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import count
from random import Random
from typing import NamedTuple

import aiohttp
import structlog

from tillstream.errors import ServerNotReady
from tillstream.settings import redacted

log = structlog.get_logger()

#: Answers that say "not now": the same receipt may be accepted later.
RETRYABLE = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
#: The n-th wait is drawn from [0, FIRST_WAIT x 2^n), but never above LONGEST_WAIT; seconds.
FIRST_WAIT = 0.1
LONGEST_WAIT = 10.0
#: A Retry-After above this many seconds is not believed.
LONGEST_RETRY_AFTER = 60.0
#: At most one warning about failing tries in this many seconds.
WARN_EVERY = 5.0

# Not seeded: waits are no part of the receipts, and two runs must not wait in step.
_jitter = Random()


class Answer(NamedTuple):
    """The door's last word on a receipt, None without any, and how often it was sent."""

    status: int | None
    tries: int

    @property
    def is_final(self) -> bool:
        """Whether the door has decided, so that no try could change it."""
        return self.status is not None and self.status not in RETRYABLE


def client(timeout: float, connections: int) -> aiohttp.ClientSession:
    """A session with kept-alive, bounded connections; `timeout` bounds every request, seconds."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        timeout=aiohttp.ClientTimeout(total=timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Content-Type": "application/json", "User-Agent": "tillstream-generator"},
    )


class Door:
    """The entrypoint at `url`, as a till sees it.

    A receipt is sent again after a timeout, a broken connection or an answer of RETRYABLE,
    at most `tries` times in all, with exponential backoff, full jitter and on top of
    Retry-After. Every try sends the same bytes: the receipt's identity makes that safe.
    Once `give_up` is set nothing is tried again.
    """

    def __init__(
        self, session: aiohttp.ClientSession, url: str, tries: int, give_up: asyncio.Event
    ) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._tries = tries
        self._give_up = give_up
        self._warned = -WARN_EVERY
        self._refused: set[int] = set()

    async def post(self, body: bytes) -> Answer:
        """Send a receipt until there is a final answer, or no try is left."""
        for attempt in range(1, self._tries + 1):
            status, retry_after, reason = await self._try(body)
            answer = Answer(status, attempt)
            if answer.is_final:
                break
            self._warn(reason)
            if attempt == self._tries or await _rest(attempt, retry_after, self._give_up):
                break
        return answer

    async def _try(self, body: bytes) -> tuple[int | None, float, str]:
        try:
            async with self._session.post(
                f"{self._url}/receipt", data=body, allow_redirects=False
            ) as response:
                # The body is read to its end, so that the connection can serve again.
                text = await response.read()
                status = response.status
                self._report_refusal(status, text)
                return status, retry_after(response.headers.get("Retry-After")), f"{status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            return None, 0.0, _reason(error)

    def _warn(self, reason: str) -> None:
        now = time.monotonic()
        if now - self._warned >= WARN_EVERY:
            self._warned = now
            log.warning("not accepted yet, trying again", reason=reason, url=redacted(self._url))

    def _report_refusal(self, status: int, text: bytes) -> None:
        refused = not 200 <= status < 300 and status not in RETRYABLE
        if refused and status not in self._refused:
            self._refused.add(status)
            log.error("refused, the first of this status", status=status, answer=text[:1000])


async def wait_until_up(
    session: aiohttp.ClientSession, url: str, seconds: float, stop: asyncio.Event
) -> None:
    """Wait until the door is ready, or `stop`; raises ServerNotReady after `seconds`.

    Anything that answers without a server error is taken for ready, so that other doors
    than ours can be tried.
    """
    deadline = time.monotonic() + seconds
    for attempt in count(1):
        try:
            async with session.get(f"{url.rstrip('/')}/health/ready") as response:
                if response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    return
                reason = f"it answers {response.status} to GET /health/ready"
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = _reason(error)
        if time.monotonic() >= deadline:
            raise ServerNotReady(
                f"the entrypoint at {redacted(url)} is not ready after {seconds:g} s: {reason}; "
                "start it, or name another with --to or ENTRYPOINT_URL"
            )
        if attempt == 1:
            log.info("waiting for the entrypoint", url=redacted(url), reason=reason)
        if await _rest(min(attempt, 4), 0.0, stop):
            return


def retry_after(header: str | None) -> float:
    """Seconds that a Retry-After header asks for, as seconds or as a date (RFC 9110, 10.2.3).

    0 without a header or when it cannot be read, LONGEST_RETRY_AFTER at most.
    """
    if header is None:
        return 0.0
    if header.isdecimal():
        seconds = float(header)
    else:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
        except ValueError:
            return 0.0
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


async def _rest(attempt: int, at_least: float, stop: asyncio.Event) -> bool:
    """Wait before the next try; True when there is to be none."""
    ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), at_least + _jitter.uniform(0, ceiling))
    return stop.is_set()


def _reason(error: Exception) -> str:
    # A timeout has no text of its own.
    return str(error) or type(error).__name__
