"""Rows that changed, as server-sent events, by looking for newer `change` numbers.

A stream holds no cursor of MongoDB: between two looks it costs nothing, and after an outage or on
another process it goes on from the last number that its client saw. Rows of one commit come to
MongoDB one after another, so what is newer is read from a number of some seconds ago, and what was
sent is not sent again. After a reconnection a row may come once more, with the same `revision`.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import NamedTuple

import msgspec

from persistence.api.windows.queries import Query, changes_query
from persistence.api.windows.question import MAX_LIMIT, WindowQuestion
from tillstream.archive import Document
from tillstream.http.problems import ProblemError
from tillstream.streams import window_documents
from tillstream.streams.window_rows import CHANGE

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
#: From one look to the next, seconds.
LOOK_SECONDS = 1.0
#: What an archive that is away is left alone, seconds.
AWAY_SECONDS = 4.0
#: Without a change something is sent as often, so that a dead connection is noticed, seconds.
HEARTBEAT_SECONDS = 15.0
#: For so long rows of a commit may still be missing beside those that are there, seconds.
SETTLED_SECONDS = 3.0
#: Documents that are remembered as sent; with more, what is missing of a commit is not awaited.
MAX_SENT = 20_000
#: What a client waits before it connects again, milliseconds.
RETRY = b"retry: 2000\n\n"
#: Streams at once.
MAX_STREAMS = 64

Read = Callable[[Query], Awaitable[list[Document]]]


class _Seen(NamedTuple):
    at: float
    change: int


class Position:
    """What one client has seen. Pure; times are of a monotonic clock."""

    def __init__(self, change: int) -> None:
        #: Every row up to this change was sent.
        self.settled = change
        self._newest = change
        self._seen: deque[_Seen] = deque()
        self._sent: dict[str, int] = {}

    def unsent(self, documents: Sequence[Document], now: float) -> list[Document]:
        """Those of the documents that were not sent; they count as sent then."""
        new = [each for each in documents if self._sent.get(each["_id"]) != each[CHANGE]]
        for each in new:
            self._sent[each["_id"]] = each[CHANGE]
        if new and (newest := max(each[CHANGE] for each in new)) > self._newest:
            self._newest = newest
            self._seen.append(_Seen(now, newest))
        return new

    def settle(self, now: float) -> None:
        """Give up what was awaited for long enough."""
        before = self.settled
        while self._seen and (
            now - self._seen[0].at >= SETTLED_SECONDS or len(self._sent) > MAX_SENT
        ):
            self.settled = self._seen.popleft().change
            if len(self._sent) > MAX_SENT:
                self._forget()
        if self.settled != before:
            self._forget()

    def _forget(self) -> None:
        self._sent = {key: at for key, at in self._sent.items() if at > self.settled}


async def events(
    read: Read,
    question: WindowQuestion,
    change: int,
    closing: Callable[[], bool],
) -> AsyncGenerator[bytes]:
    """Events `rows` with those that changed after a change; ends when the service does.

    An archive that is away is waited for.
    """
    position = Position(change)
    yield RETRY
    quiet_since = time.monotonic()
    while not closing():
        after: tuple[int, str] = (position.settled, "")
        while True:
            try:
                found = await read(changes_query(question, after))
            except ProblemError:
                found = []
                await asyncio.sleep(AWAY_SECONDS)
            now = time.monotonic()
            if new := position.unsent(found, now):
                quiet_since = now
                yield event(new, position.settled)
            if len(found) < MAX_LIMIT:
                break
            after = found[-1][CHANGE], found[-1]["_id"]
        position.settle(now)
        if now - quiet_since >= HEARTBEAT_SECONDS:
            quiet_since = now
            yield f": \nid: {position.settled}\n\n".encode()
        await asyncio.sleep(LOOK_SECONDS)


def event(documents: Sequence[Document], settled: int) -> bytes:
    """Rows; its id is what a client that lost the connection goes on from."""
    rows = [window_documents.row(each) for each in documents]
    data = msgspec.json.encode({"rows": rows}).decode()
    return f"id: {settled}\nevent: rows\ndata: {data}\n\n".encode()
