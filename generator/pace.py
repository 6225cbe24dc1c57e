"""Sends receipts at a pace: each at its intended time, with a bounded number on their way."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

from generator.delivery import Answer
from generator.receipts import Issued
from generator.summary import Summary

#: After a signal, seconds in which receipts on their way may still be tried again,
#: and then seconds for their last answers; together under the 10 s that process
#: managers leave before they kill.
DRAIN_SECONDS = 4.0
LAST_ANSWERS_SECONDS = 3.0


class Plan(NamedTuple):
    """How a run goes.

    `rate` is receipts per second, None for as fast as the answers come; `limit` how many
    receipts, None for no end; `outstanding` how many may be on their way at once;
    `patience` the seconds without any final answer after which the run is broken off,
    None for never.
    """

    rate: float | None
    limit: int | None
    outstanding: int
    patience: float | None


class Brakes:
    """How a run is ended: `stop` sends nothing new, `give_up` tries nothing again."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.give_up = asyncio.Event()

    def pull(self) -> None:
        """End the run in order: what is on its way has DRAIN_SECONDS to arrive."""
        if self.stop.is_set():
            # Asked a second time: at once.
            self.give_up.set()
        self.stop.set()
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, self.give_up.set)

    def slam(self) -> None:
        """End the run at once: the door has not said anything for too long."""
        self.stop.set()
        self.give_up.set()


async def run(
    plan: Plan,
    issue: Callable[[], Issued],
    post: Callable[[bytes], Awaitable[Answer]],
    summary: Summary,
    brakes: Brakes,
    progress: Callable[[], object],
) -> None:
    """Send receipts until the plan's limit or the brakes; `progress` is called at each end.

    The n-th receipt is due at start + n / rate, whatever became of those before it: a slow
    door does not slow the shoppers down. Only when `outstanding` receipts are on their way
    the next one waits, and is then sent late; the schedule stays as it was.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    last_word = start
    slots = asyncio.Semaphore(plan.outstanding)
    on_their_way: set[asyncio.Task[None]] = set()

    async def deliver(issued: Issued) -> None:
        nonlocal last_word
        try:
            answer = await post(issued.body)
        finally:
            slots.release()
        summary.retries += answer.tries - 1
        if answer.status is not None:
            summary.answered(issued, answer.status)
        if answer.is_final:
            last_word = loop.time()
        progress()

    async def watch(patience: float) -> None:
        while loop.time() - last_word < patience:  # noqa: ASYNC110  time is the condition
            await asyncio.sleep(last_word + patience - loop.time())
        brakes.slam()

    # A defect in a delivery ends the whole run with its traceback, not silently.
    async with asyncio.TaskGroup() as group:
        watcher = None if plan.patience is None else group.create_task(watch(plan.patience))
        while plan.limit is None or summary.sent < plan.limit:
            due = start if plan.rate is None else start + summary.sent / plan.rate
            if await _stopped(brakes.stop, due - loop.time()):
                break
            await slots.acquire()
            if brakes.stop.is_set():
                break
            task = group.create_task(deliver(issue()))
            on_their_way.add(task)
            task.add_done_callback(on_their_way.discard)
            summary.sent += 1
        await _drain(on_their_way, brakes)
        if watcher is not None:
            watcher.cancel()
    summary.seconds = loop.time() - start


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Wait until `seconds` are over or `stop` is set; whether it is."""
    if seconds <= 0:
        # Behind the schedule: the answers get their turn all the same.
        await asyncio.sleep(0)
    else:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()


async def _drain(tasks: set[asyncio.Task[None]], brakes: Brakes) -> None:
    """Wait for what is on its way; after `give_up`, LAST_ANSWERS_SECONDS and no longer."""
    giving_up = asyncio.create_task(brakes.give_up.wait())
    while tasks and not giving_up.done():
        await asyncio.wait({giving_up, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    giving_up.cancel()
    if tasks:
        _, silent = await asyncio.wait(set(tasks), timeout=LAST_ANSWERS_SECONDS)
        for task in silent:
            # Counted as lost: the summary knows that it was sent, and nothing of its end.
            task.cancel()
