"""Work on the bodies of requests: bounded in memory, in threads and in how many at once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from tillstream.http.budgets import ByteBudget
from tillstream.http.problems import no_room

#: Large bodies that are unpacked and read at once: what they unpack to is in memory.
LARGE_AT_ONCE = 2
#: Longest wait for its turn, seconds; then 503.
TURN_SECONDS = 20.0

T = TypeVar("T")


class BodyWork:
    """What the bodies of all requests may cost together."""

    def __init__(self, buffered: ByteBudget) -> None:
        self._buffered = buffered
        self._turns = asyncio.Semaphore(LARGE_AT_ONCE)

    @contextmanager
    def held(self, size: int) -> Iterator[None]:
        """So many bytes count as held meanwhile; raises the ProblemError 503."""
        if not self._buffered.take(size):
            raise no_room()
        try:
            yield
        finally:
            self._buffered.give_back(size)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One of the few at work on a large body; raises the ProblemError 503."""
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError as error:
            raise no_room() from error
        try:
            yield
        finally:
            self._turns.release()

    async def in_thread(self, work: Callable[[], T]) -> T:
        """The outcome of the work, in a thread, in its turn."""
        async with self.turn():
            return await asyncio.to_thread(work)
