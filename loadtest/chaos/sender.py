"""Sends the workload at its rate, each receipt until 202 is heard, and keeps the history."""

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from http import HTTPStatus
from typing import Self
from zoneinfo import ZoneInfo

import aiohttp

from loadtest.chaos.history import History
from loadtest.chaos.workload import Item, Posted, Workload
from tillstream.clock import Clock
from tillstream.codec import JSON, NDJSON
from tillstream.http.retryable import RETRYABLE

#: Items on their way at once: tills that wait for their answers.
TILLS = 64
#: Longest wait for one answer, seconds: longer than the door waits for a confirm.
ANSWER_SECONDS = 10.0
#: Bounds of the wait before the next try, seconds: short, since the outages are measured by it.
SHORTEST_WAIT, LONGEST_WAIT = 0.1, 0.5
START_SECONDS = 10.0


#: Publishes an undecodable message past the door; whether the broker confirmed it.
PublishLetter = Callable[[bytes], bool]


class Sender:
    """Runs in a thread of its own; use it in a `with`. It begins paused."""

    def __init__(
        self,
        door: str,
        history: History,
        workload: Workload,
        publish_letter: PublishLetter,
        zone: ZoneInfo,
        rate: float,
        clock: Clock,
    ) -> None:
        """`rate`: receipts per second; `zone`: of the stores' wall clocks."""
        #: When the door answered 202, Unix seconds, ascending.
        self.accepted_at: list[float] = []
        self._door = door
        self._history = history
        self._workload = workload
        self._publish_letter = publish_letter
        self._zone = zone
        self._rate = rate
        self._clock = clock
        self._give_up = False
        self._busy = 0
        self._due = 0.0
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(START_SECONDS):
            raise TimeoutError("the sender did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(ANSWER_SECONDS)

    def resume(self) -> None:
        """Go on sending."""
        self._loop.call_soon_threadsafe(self._go_on)

    def pause(self, timeout_seconds: float) -> bool:
        """Begin nothing new, return when nothing is on its way.

        False when that took too long: then what has no answer by now stays without one.
        """
        waiting: Future[bool] = asyncio.run_coroutine_threadsafe(
            self._pause(timeout_seconds), self._loop
        )
        return waiting.result(timeout_seconds + 3 * ANSWER_SECONDS)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._turn = asyncio.Lock()
        #: Whether new items may begin, and whether none is on its way.
        self._going, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=TILLS),
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
        ) as self._session:
            tills = [asyncio.create_task(self._till()) for _ in range(TILLS)]
            self._started.set()
            ended = asyncio.create_task(self._ended.wait())
            # A till ends by a defect only; nothing may go on as if it were well.
            await asyncio.wait([ended, *tills], return_when=asyncio.FIRST_COMPLETED)
            for task in (ended, *tills):
                task.cancel()
            for result in await asyncio.gather(*tills, return_exceptions=True):
                if isinstance(result, Exception):
                    self._history.wrong_answer(f"the sender broke: {result!r}")

    def _go_on(self) -> None:
        self._give_up = False
        self._due = self._loop.time()
        self._going.set()

    async def _pause(self, timeout_seconds: float) -> bool:
        self._going.clear()
        for seconds in (timeout_seconds, 2 * ANSWER_SECONDS):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), seconds)
                return not self._give_up
            self._give_up = True
        return False

    async def _till(self) -> None:
        while True:
            item = await self._next()
            try:
                await self._send(item)
            finally:
                self._busy -= 1
                if not self._busy:
                    self._idle.set()

    async def _next(self) -> Item:
        async with self._turn:
            await self._going.wait()
            self._busy += 1
            self._idle.clear()
            # An open loop: a door that was away does not slow the shoppers down.
            await asyncio.sleep(self._due - self._loop.time())
            item = self._workload.next(datetime.fromtimestamp(self._clock(), self._zone))
            self._due += max(len(item.receipts), 1) / self._rate
            return item

    async def _send(self, item: Item) -> None:
        match item.kind:
            case "letter":
                # It may get there even where its confirm does not.
                self._history.letter(item.body, confirmed=False)
                if await asyncio.to_thread(self._publish_letter, item.body):
                    self._history.letter(item.body, confirmed=True)
            case "garbage":
                status, _ = await self._post(item.body)
                if status not in (item.status, None):
                    self._history.wrong_answer(f"{status} to {item.body[:60]!r}")
            case "conflict":
                await self._send_conflict(item.receipts[0])
            case "duplicate":
                posted = item.receipts[0]
                status, _ = await self._post(posted.body)
                # Who came first for the door may be the conflict, after a restart.
                if not (status == HTTPStatus.CONFLICT and self._history.may_conflict(posted.key)):
                    self._take(item, status)
            case _:
                for posted in item.receipts:
                    self._history.send(posted.key, posted.sale)
                if item.kind == "batch":
                    body = b"\n".join(posted.body for posted in item.receipts)
                    status, _ = await self._post(body, "/receipts", NDJSON)
                else:
                    status, _ = await self._post(
                        item.receipts[0].body, once=item.kind == "impatient"
                    )
                self._take(item, status)

    async def _send_conflict(self, posted: Posted) -> None:
        self._history.conflict(posted.key, accepted=False)
        status, open_before = await self._post(posted.body)
        if status == HTTPStatus.ACCEPTED:
            self._history.conflict(posted.key, accepted=True)
        elif status == HTTPStatus.CONFLICT:
            if not open_before:
                self._history.refuse_conflict(posted.key)
        elif status is not None:
            self._history.wrong_answer(f"{status} to a conflict of {posted.key}")

    def _take(self, item: Item, status: int | None) -> None:
        if status == HTTPStatus.ACCEPTED:
            now = self.accepted_at[-1]
            for posted in item.receipts:
                self._history.acknowledge(posted.key, now)
                self._workload.acknowledged(posted)
        elif status is not None:
            self._history.wrong_answer(f"{status} to {item.kind} {item.receipts[0].key}")

    async def _post(
        self, body: bytes, path: str = "/receipt", kind: str = JSON, *, once: bool = False
    ) -> tuple[int | None, bool]:
        """The final status, None without any; and whether a try before it may have got through."""
        is_open = False
        while True:
            status = await self._try(body, path, kind)
            if status is not None and status not in RETRYABLE:
                return status, is_open
            is_open = True
            if once or self._give_up:
                return None, is_open
            await asyncio.sleep(random.uniform(SHORTEST_WAIT, LONGEST_WAIT))

    async def _try(self, body: bytes, path: str, kind: str) -> int | None:
        try:
            async with self._session.post(
                self._door + path, data=body, headers={"Content-Type": kind}
            ) as response:
                await response.read()
                if response.status == HTTPStatus.ACCEPTED:
                    self.accepted_at.append(self._clock())
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return None
