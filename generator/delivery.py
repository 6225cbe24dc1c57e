"""Brings receipts to the door: POST, and again with backoff while they may still be accepted."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from itertools import count
from random import Random
from types import MappingProxyType
from typing import NamedTuple, Protocol

import aiohttp
import msgspec
import structlog

from generator.issued_receipt import IssuedReceipt
from tillstream.codec import JSON, NDJSON
from tillstream.errors import ServerNotReadyError
from tillstream.http.retryable import FIRST_WAIT, LONGEST_WAIT, RETRYABLE, retry_after
from tillstream.runtime.settings import redacted

log = structlog.get_logger()

#: Answers to a batch of which some or all were refused.
SOME_REFUSED = frozenset({HTTPStatus.MULTI_STATUS, HTTPStatus.UNPROCESSABLE_ENTITY})
#: At most one warning about failing tries in this many seconds.
WARN_EVERY = 5.0
#: A connection without a request for so long is not used again: the door closes it after 5 s, and
#: a request that meets the close fails. Either side may be seconds late on a busy machine.
KEEP_ALIVE_SECONDS = 1.0

# Not seeded: waits are no part of the receipts, and two runs must not wait in step.
_jitter = Random()


class Answer(NamedTuple):
    """The last word on a parcel, None without any, and how often it was sent.

    `refused` are the positions in the parcel, from 0, that have a status of their own.
    """

    status: int | None
    tries: int
    refused: Mapping[int, int] = MappingProxyType({})

    @property
    def is_final(self) -> bool:
        """Whether the door has decided, so that no try could change it."""
        return self.status is not None and self.status not in RETRYABLE


def client(timeout: float, connections: int) -> aiohttp.ClientSession:
    """A session with kept-alive, bounded connections; `timeout` bounds every request, seconds."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=KEEP_ALIVE_SECONDS),
        timeout=aiohttp.ClientTimeout(total=timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "tillstream-generator"},
    )


class Receiver(Protocol):
    """Where receipts are sent to."""

    async def post(self, parcel: Sequence[IssuedReceipt], /) -> Answer:
        """Send receipts until there is a final answer, or no try is left."""


class Refusal(msgspec.Struct):
    """One refused receipt of a batch; its position is its line, from 1."""

    position: int


class BatchAnswer(msgspec.Struct):
    """What the door says of a batch; it names the first refused ones only."""

    refused: int
    errors: list[Refusal] = []


class Door:
    """The entrypoint at `url`, as a till sees it: one receipt alone, several as a batch.

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

    async def post(self, parcel: Sequence[IssuedReceipt], /) -> Answer:
        """Send receipts until there is a final answer, or no try is left."""
        if len(parcel) == 1:
            return (await self._post("/receipt", JSON, parcel[0].body))[0]
        body = b"\n".join([issued.body for issued in parcel])
        answer, text = await self._post("/receipts", NDJSON, body)
        if answer.status not in SOME_REFUSED:
            return answer
        # 422 is the answer when none could be accepted.
        said = msgspec.json.decode(text, type=BatchAnswer) if answer.status == 207 else None
        if said is not None and said.refused == len(said.errors):
            refused = {
                one.position - 1: int(HTTPStatus.UNPROCESSABLE_ENTITY) for one in said.errors
            }
            return Answer(HTTPStatus.ACCEPTED, answer.tries, refused)
        return await self._post_each(parcel, answer.tries)

    async def _post_each(self, parcel: Sequence[IssuedReceipt], tries: int) -> Answer:
        """The same receipts one by one, which counts none twice: each gets its own answer."""
        refused: dict[int, int] = {}
        for place, issued in enumerate(parcel):
            answer = await self.post([issued])
            tries += answer.tries - 1
            if answer.status is None:
                # Without an answer to one there is none to the parcel.
                return Answer(None, tries)
            refused[place] = answer.status
        return Answer(HTTPStatus.ACCEPTED, tries, refused)

    async def _post(self, path: str, kind: str, body: bytes) -> tuple[Answer, bytes]:
        text = b""
        for attempt in range(1, self._tries + 1):
            status, retry_after, reason, text = await self._try(path, kind, body)
            answer = Answer(status, attempt)
            if answer.is_final:
                break
            self._warn(reason)
            if attempt == self._tries or await rest(attempt, retry_after, self._give_up):
                break
        return answer, text

    async def _try(self, path: str, kind: str, body: bytes) -> tuple[int | None, float, str, bytes]:
        try:
            async with self._session.post(
                f"{self._url}{path}",
                data=body,
                headers={"Content-Type": kind},
                allow_redirects=False,
            ) as response:
                # The body is read to its end, so that the connection can serve again.
                text = await response.read()
                status = response.status
                self._report_refusal(status, text)
                after = retry_after(response.headers.get("Retry-After"))
                return status, after, f"{status}", text
        except (aiohttp.ClientError, TimeoutError) as error:
            return None, 0.0, _reason(error), b""

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
    """Wait until the door is ready, or `stop`; raises ServerNotReadyError after `seconds`.

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
            raise ServerNotReadyError(
                f"the entrypoint at {redacted(url)} is not ready after {seconds:g} s: {reason}; "
                "start it, or name another with --to or ENTRYPOINT_URL"
            )
        if attempt == 1:
            log.info("waiting for the entrypoint", url=redacted(url), reason=reason)
        if await rest(min(attempt, 4), 0.0, stop):
            return


async def rest(attempt: int, at_least: float, stop: asyncio.Event) -> bool:
    """Wait with jitter before the next try; True when there is to be none."""
    ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), at_least + _jitter.uniform(0, ceiling))
    return stop.is_set()


def _reason(error: Exception) -> str:
    # A timeout has no text of its own.
    return str(error) or type(error).__name__
