"""Sends receipts at a pace: each at its intended time, with a bounded number on their way."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from typing import NamedTuple

from generator.delivery import Receiver
from generator.issued_receipt import IssuedReceipt
from generator.schedules import Schedule
from generator.summary import Summary

#: After a signal, seconds in which receipts on their way may still be tried again,
#: and then seconds for their last answers; together under the 10 s that process
#: managers leave before they kill.
DRAIN_SECONDS = 4.0
LAST_ANSWERS_SECONDS = 3.0
#: A batch that does not fill up is sent after this many seconds.
LINGER_SECONDS = 1.0


class Plan(NamedTuple):
    """How a run goes.

    `paced` is whether receipts wait until they are due; `batch` how many travel together, at
    most; `outstanding` how many parcels may be on their way at once; `patience` the seconds
    without any final answer after which the run is broken off, None for never.
    """

    paced: bool
    batch: int
    outstanding: int
    patience: float | None


class Shutdown:
    """How a run is ended: `stop` sends nothing new, `give_up` tries nothing again."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.give_up = asyncio.Event()

    def in_order(self) -> None:
        """End the run in order: what is on its way has DRAIN_SECONDS to arrive."""
        if self.stop.is_set():
            # Asked a second time: at once.
            self.give_up.set()
        self.stop.set()
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, self.give_up.set)

    def at_once(self) -> None:
        """End the run at once: the door has not said anything for too long."""
        self.stop.set()
        self.give_up.set()


async def run(
    plan: Plan,
    schedule: Schedule,
    receiver: Receiver,
    summary: Summary,
    shutdown: Shutdown,
    progress: Callable[[int], object],
) -> None:
    """Send what the schedule gives until its end or the shutdown; `progress` gets how many ended.

    Each receipt is due when the schedule says, whatever became of those before it: a slow
    door does not slow the shoppers down. Only when `outstanding` parcels are on their way
    the next one waits, and is then sent late; the schedule stays as it was.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    last_word = start
    slots = asyncio.Semaphore(plan.outstanding)
    on_their_way: set[asyncio.Task[None]] = set()

    async def deliver(parcel: Sequence[IssuedReceipt]) -> None:
        nonlocal last_word
        try:
            answer = await receiver.post(parcel)
        finally:
            slots.release()
        summary.retries += answer.tries - 1
        if answer.status is not None:
            summary.answered(parcel, answer.status, answer.refused)
        if answer.is_final:
            last_word = loop.time()
        progress(len(parcel))

    async def watch(patience: float) -> None:
        while loop.time() - last_word < patience:  # noqa: ASYNC110  time is the condition
            await asyncio.sleep(last_word + patience - loop.time())
        shutdown.at_once()

    async def collect(first_due: float) -> Sequence[IssuedReceipt]:
        """A parcel: those that are due, and for LINGER_SECONDS those that follow."""
        if not plan.paced:
            return schedule.take(plan.batch, inf)
        parcel = list(schedule.take(plan.batch, loop.time() - start))
        while len(parcel) < plan.batch:
            due = schedule.due()
            if due is None or due > first_due + LINGER_SECONDS:
                break
            if await _stopped(shutdown.stop, start + due - loop.time()):
                break
            parcel += schedule.take(plan.batch - len(parcel), loop.time() - start)
        return parcel

    # A defect in a delivery ends the whole run with its traceback, not silently.
    async with asyncio.TaskGroup() as group:
        watcher = None if plan.patience is None else group.create_task(watch(plan.patience))
        while (due := schedule.due()) is not None:
            if await _stopped(shutdown.stop, start + due - loop.time() if plan.paced else 0):
                break
            await slots.acquire()
            if shutdown.stop.is_set():
                break
            parcel = await collect(due)
            summary.send(parcel)
            task = group.create_task(deliver(parcel))
            on_their_way.add(task)
            task.add_done_callback(on_their_way.discard)
        await _drain(on_their_way, shutdown)
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


async def _drain(tasks: set[asyncio.Task[None]], shutdown: Shutdown) -> None:
    """Wait for what is on its way; after `give_up`, LAST_ANSWERS_SECONDS and no longer."""
    giving_up = asyncio.create_task(shutdown.give_up.wait())
    while tasks and not giving_up.done():
        await asyncio.wait({giving_up, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    giving_up.cancel()
    if tasks:
        _, silent = await asyncio.wait(set(tasks), timeout=LAST_ANSWERS_SECONDS)
        for task in silent:
            # Counted as lost: the summary knows that it was sent, and nothing of its end.
            task.cancel()
