"""A batch: each receipt is taken or refused, what is taken is published by parcels."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

import msgspec

from entrypoint import problems
from entrypoint.formats.entry import Entry
from entrypoint.problems import RefusedEntry
from entrypoint.publisher import MAX_MESSAGE_BYTES, MAX_MESSAGE_RECEIPTS, Parcel, Publisher
from entrypoint.receipt_check import ConflictError, ForeignStoreError, Intake, Taken
from entrypoint.recent import Recent
from entrypoint.violations import MAX_VIOLATIONS, InvalidReceiptError, NotJsonError, Violation
from tillstream.errors import NotConfirmedError
from tillstream.http.keys import Caller

#: Parcels of one batch that may wait for their confirms at once.
PARCELS_IN_FLIGHT = 4
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

    def __init__(
        self,
        intake: Intake,
        recent: Recent,
        publisher: Publisher,
        caller: Caller,
        max_receipt_bytes: int,
    ) -> None:
        self._intake = intake
        self._recent = recent
        self._publisher = publisher
        self._caller = caller
        self._max_receipt_bytes = max_receipt_bytes
        self._refused = 0
        #: The first ones, with their reasons: to find all of them may take a second.
        self._errors: list[RefusedEntry] = []
        #: Taken, and not yet on their way.
        self._taken: list[Taken] = []
        self._parcels: set[asyncio.Task[None]] = set()

    async def accept(self, entries: Sequence[Entry], now: float) -> BatchResult:
        """What became of them, once it is durable; raises the ProblemError 503.

        They came at `now`, Unix seconds.
        """
        size = 0
        turn_ends = perf_counter() + SLICE_SECONDS
        try:
            for entry in entries:
                taken = self._take(entry, now)
                if taken is not None and taken.line:
                    if self._taken and (
                        len(self._taken) == MAX_MESSAGE_RECEIPTS
                        or size + len(taken.line) > MAX_MESSAGE_BYTES
                    ):
                        await self._send()
                        size = 0
                    # At once, so that another content of the same identity is told in this batch.
                    self._recent.sent(taken.key, taken.content)
                    self._taken.append(taken)
                    size += len(taken.line) + 1
                if perf_counter() > turn_ends:
                    await asyncio.sleep(0)
                    turn_ends = perf_counter() + SLICE_SECONDS
            await self._send()
            await asyncio.gather(*self._parcels)
        finally:
            for one in self._taken:
                self._recent.failed(one.key)
            # After a failure the answer is 503: the other parcels still resolve, unheard.
            for parcel in self._parcels:
                parcel.add_done_callback(_forget)
        return BatchResult(len(entries) - self._refused, self._refused, tuple(self._errors))

    def _take(self, entry: Entry, now: float) -> Taken | None:
        try:
            if entry.defect is not None:
                raise NotJsonError(entry.defect)
            if len(entry.body) > self._max_receipt_bytes:
                self._refuse(entry, "too-large", self._too_large(entry))
                return None
            return self._intake.take(entry.body, self._caller, now)
        except InvalidReceiptError as error:
            self._refused += 1
            if len(self._errors) < MAX_VIOLATIONS:
                self._errors.append(RefusedEntry(entry.position, error.violations))
        except NotJsonError as error:
            self._refuse(entry, "json", str(error))
        except ForeignStoreError as error:
            reason = f"this API key may not send for the store {error.store!r}"
            self._refuse(entry, "foreign-store", reason)
        except ConflictError as error:
            reason = f"{error.key} was sent before with another content"
            self._refuse(entry, "conflict", reason)
        return None

    def _refuse(self, entry: Entry, rule: str, reason: str) -> None:
        self._refused += 1
        if len(self._errors) < MAX_VIOLATIONS:
            self._errors.append(RefusedEntry(entry.position, [Violation(rule, "$", reason)]))

    def _too_large(self, entry: Entry) -> str:
        return (
            f"the receipt has {len(entry.body)} bytes as JSON and MAX_RECEIPT_BYTES is"
            f" {self._max_receipt_bytes}"
        )

    async def _send(self) -> None:
        """Publish what is taken; waits while enough of the batch is in flight."""
        if not self._taken:
            return
        if len(self._parcels) >= PARCELS_IN_FLIGHT:
            done, self._parcels = await asyncio.wait(
                self._parcels, return_when=asyncio.FIRST_COMPLETED
            )
            for parcel in done:
                parcel.result()
        taken, self._taken = self._taken, []
        self._parcels.add(asyncio.create_task(self._publish(taken)))

    async def _publish(self, taken: Sequence[Taken]) -> None:
        """Return when all are durable; raises the ProblemError 503 when that is not known."""
        try:
            lines = b"\n".join([one.line for one in taken])
            sales = [one.sale for one in taken]
            await self._publisher.publish(Parcel(lines, len(taken), sales))
        except BaseException as error:
            for one in taken:
                self._recent.failed(one.key)
            if isinstance(error, NotConfirmedError):
                raise problems.not_confirmed(error) from error
            raise
        for one in taken:
            self._recent.confirmed(one.key, one.content)


def _forget(parcel: "asyncio.Task[None]") -> None:
    """Take the outcome of a parcel that nobody waits for, so that it is not reported as lost."""
    if not parcel.cancelled():
        parcel.exception()
