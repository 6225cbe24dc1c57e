"""Asks vendors' APIs for what deliveries only name: some at a time, again with a growing wait.

What waits is in the state; a restart asks again from the beginning.
"""

import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from connectors.mapping.documents import Fetch, MappingError
from connectors.state.state_file import State
from connectors.state.waiting import Reason
from connectors.worker.asking import RefusedError, UnansweredError, ask
from connectors.worker.mapper import Mapper
from connectors.worker.taking import FAULTS, Answer, reason_of
from tillstream.clock import Clock

log = structlog.get_logger()

#: Waits between attempts at one, seconds: at random up to a limit that doubles.
FIRST_SECONDS, MOST_SECONDS = 1.0, 300.0
#: While vendors do not answer, one line of the log says so in so many seconds.
TOLD_SECONDS = 60.0
#: Deliveries that may wait for an answer: with more, no more is read from the log.
MOST_WAITING = 10_000
MEND = "see that the vendor's API and the token are right, then `tillstream receivers retry`"

Ask = Callable[[Fetch, float], bytes]


@dataclass
class _Wanted:
    due: float = 0.0
    attempts: int = 0


class Fetching:
    """Of one state; its threads only ask, all else is done by the worker's."""

    def __init__(
        self,
        state: State,
        mapper: Mapper,
        clock: Clock,
        *,
        at_once: int,
        timeout_seconds: float,
        most_seconds: float,
        ask: Ask = ask,
    ) -> None:
        """`most_seconds`: after so long without an answer a delivery is set aside."""
        self._state = state
        self._mapper = mapper
        self._clock = clock
        self._at_once = at_once
        self._timeout = timeout_seconds
        self._most_seconds = most_seconds
        self._ask = ask
        self._wanted: dict[int, _Wanted] = {}
        self._newest = 0
        self._next_told = 0.0
        self._running: dict[int, Future[bytes]] = {}
        self._pool = ThreadPoolExecutor(at_once, "fetch")

    @property
    def is_full(self) -> bool:
        """Whether the log has to wait."""
        return len(self._wanted) >= MOST_WAITING

    def turn(self) -> list[Answer]:
        """Begin what is due; the answers that have come."""
        for number in self._state.waiting.numbers("fetch", self._newest):
            self._wanted[number] = _Wanted()
            self._newest = number
        answers = self._begin()
        for number, future in list(self._running.items()):
            if future.done():
                del self._running[number]
                answers += self._ended(number, future)
        for one in answers:
            del self._wanted[one.number]
        return answers

    def close(self) -> None:
        """No more attempts; those that run end by their timeout."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self) -> list[Answer]:
        failed: list[Answer] = []
        now = self._clock()
        for number, wanted in self._wanted.items():
            if len(self._running) >= self._at_once:
                break
            if number in self._running or wanted.due > now:
                continue
            [waiting] = self._state.waiting.numbered(number)
            try:
                fetch = self._mapper.fetch_of(waiting.delivery)
                if fetch is None:
                    # Its definition was changed: the delivery has all.
                    body, topic = waiting.delivery.body, waiting.delivery.topic
                    failed.append(Answer(number, body, topic, was_asked=False))
                    continue
            except (MappingError, *FAULTS) as error:
                failed.append(Answer(number, None, reason=reason_of(error)))
                continue
            wanted.attempts += 1
            self._running[number] = self._pool.submit(self._ask, fetch, self._timeout)
        return failed

    def _ended(self, number: int, future: Future[bytes]) -> list[Answer]:
        try:
            return [Answer(number, future.result())]
        except RefusedError as error:
            return [Answer(number, None, reason=Reason("fetch", "", str(error), MEND))]
        except UnansweredError as error:
            [waiting] = self._state.waiting.numbered(number)
            now = self._clock()
            if now - waiting.delivery.received_us / 1_000_000 > self._most_seconds:
                return [Answer(number, None, reason=Reason("fetch", "", str(error), MEND))]
            wanted = self._wanted[number]
            limit = min(FIRST_SECONDS * 2 ** min(wanted.attempts - 1, 30), MOST_SECONDS)
            wanted.due = now + random.uniform(limit / 2, limit)  # noqa: S311 - jitter
            if now >= self._next_told:
                self._next_told = now + TOLD_SECONDS
                log.warning(
                    "a vendor does not answer: it is asked again",
                    receiver=waiting.delivery.receiver,
                    reason=str(error),
                    waiting=len(self._wanted),
                )
            return []
