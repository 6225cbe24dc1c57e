"""A batch: each receipt is accepted or refused, what is accepted is published in groups."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

import msgspec

from entrypoint.formats.entry import Entry
from entrypoint.idempotency import IdempotentPublisher
from entrypoint.problems import MAX_VIOLATIONS, RefusedEntry
from entrypoint.publish_queue import MAX_MESSAGE_BYTES, MAX_MESSAGE_ITEMS
from entrypoint.receipt_check import CheckedReceipt, ReceiptCheck
from entrypoint.refusals import RefusedReceiptError
from tillstream.http.keys import Caller

#: Groups of one batch that may wait for their confirms at once.
GROUPS_IN_FLIGHT = 4
#: How long other requests wait while receipts of a batch are checked, seconds.
SLICE_SECONDS = 0.01


class BatchResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer 202 or 207 to a batch: what is durable, and what was refused and why."""

    accepted: int
    refused: int
    #: The first refused receipts, by position.
    errors: Sequence[RefusedEntry] = ()


class Batch:
    """The receipts of one request on their way."""

    def __init__(self, check: ReceiptCheck, publisher: IdempotentPublisher, caller: Caller) -> None:
        self._check = check
        self._publisher = publisher
        self._caller = caller
        self._refused = 0
        #: The first ones, with their reasons: to find all of them may take a second.
        self._errors: list[RefusedEntry] = []
        #: Claimed, and not yet on their way; and the bytes of their message.
        self._group: list[CheckedReceipt] = []
        self._bytes = 0
        self._in_flight: set[asyncio.Task[None]] = set()

    async def accept(self, entries: Sequence[Entry], now: float) -> BatchResult:
        """What became of them, once it is durable; raises NotConfirmedError.

        They came at `now`, Unix seconds.
        """
        turn_ends = perf_counter() + SLICE_SECONDS
        try:
            for entry in entries:
                receipt = self._claimed(entry, now)
                if receipt is not None:
                    self._add(receipt)
                if len(self._in_flight) >= GROUPS_IN_FLIGHT:
                    await self._wait_for_one()
                if perf_counter() > turn_ends:
                    await asyncio.sleep(0)
                    turn_ends = perf_counter() + SLICE_SECONDS
            self._send()
            await asyncio.gather(*self._in_flight)
        finally:
            self._publisher.release(self._group)
            # After a failure the answer is 503: the other groups still resolve, unheard.
            for group in self._in_flight:
                group.add_done_callback(_forget)
        return BatchResult(len(entries) - self._refused, self._refused, tuple(self._errors))

    def _claimed(self, entry: Entry, now: float) -> CheckedReceipt | None:
        """The receipt where it is to be published; None where it is refused or durable."""
        try:
            receipt = self._check.check(self._check.body_of(entry), self._caller, now)
            return receipt if self._publisher.claim(receipt) else None
        except RefusedReceiptError as error:
            self._refused += 1
            if len(self._errors) < MAX_VIOLATIONS:
                self._errors.append(RefusedEntry(entry.position, error.violations))
            return None

    def _add(self, receipt: CheckedReceipt) -> None:
        """To the group; a group that has no room for it is published before."""
        size = len(receipt.line)
        if len(self._group) == MAX_MESSAGE_ITEMS or self._bytes + size > MAX_MESSAGE_BYTES:
            self._send()
        self._group.append(receipt)
        self._bytes += size + 1

    def _send(self) -> None:
        if self._group:
            publishing = self._publisher.publish(self._group)
            self._in_flight.add(asyncio.create_task(publishing))
            self._group, self._bytes = [], 0

    async def _wait_for_one(self) -> None:
        done, self._in_flight = await asyncio.wait(
            self._in_flight, return_when=asyncio.FIRST_COMPLETED
        )
        for group in done:
            group.result()


def _forget(group: "asyncio.Task[None]") -> None:
    """Take the outcome of a group that nobody waits for, so that it is not reported as lost."""
    if not group.cancelled():
        group.exception()
