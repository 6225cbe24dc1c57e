"""Gives each receipt to the partition of the log that its store belongs to."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from entrypoint.publish_queue import Resolve
from entrypoint.publisher import Publisher
from entrypoint.receipt_parcel import ReceiptParcel
from tillstream.accepted_count import AcceptedSale
from tillstream.receipt_message import partition_of_store


class ReceiptPublisher(Protocol):
    """Publishes receipts: see Publisher."""

    def submit(self, parcel: ReceiptParcel, resolve: Resolve) -> None:
        """Publish one receipt and tell `resolve`, once, what became of it."""

    async def publish(self, parcel: ReceiptParcel) -> None:
        """Return when all are durable; raises NotConfirmedError when that is not known."""

    async def close(self, timeout_seconds: float) -> None:
        """Send what waits, and fail what is not confirmed after the time."""


def partitioned(publishers: Sequence[Publisher[ReceiptParcel]]) -> ReceiptPublisher:
    """One publisher of all: of a log that is not divided the only one."""
    return publishers[0] if len(publishers) == 1 else PartitionedPublisher(publishers)


class PartitionedPublisher:
    """A publisher a partition; a message has receipts of one of them."""

    def __init__(self, publishers: Sequence[Publisher[ReceiptParcel]]) -> None:
        self._publishers = publishers

    def submit(self, parcel: ReceiptParcel, resolve: Resolve) -> None:
        """See ReceiptPublisher."""
        [sale] = parcel.sales
        self._publishers[self._partition(sale)].submit(parcel, resolve)

    async def publish(self, parcel: ReceiptParcel) -> None:
        """See ReceiptPublisher; some may be durable when it raises, and are counted so."""
        outcomes = await asyncio.gather(
            *(self._publishers[number].publish(part) for number, part in self._parts(parcel)),
            return_exceptions=True,
        )
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def close(self, timeout_seconds: float) -> None:
        """See ReceiptPublisher."""
        await asyncio.gather(*(one.close(timeout_seconds) for one in self._publishers))

    def _parts(self, parcel: ReceiptParcel) -> list[tuple[int, ReceiptParcel]]:
        """By partition, in the order in which they came."""
        numbers = [self._partition(sale) for sale in parcel.sales]
        if len(set(numbers)) == 1:
            return [(numbers[0], parcel)]
        found: dict[int, tuple[list[bytes], list[AcceptedSale]]] = defaultdict(lambda: ([], []))
        # Of several receipts no line has a break in it.
        for number, line, sale in zip(
            numbers, parcel.lines.split(b"\n"), parcel.sales, strict=True
        ):
            lines, sales = found[number]
            lines.append(line)
            sales.append(sale)
        return [
            (number, ReceiptParcel(b"\n".join(lines), len(lines), sales))
            for number, (lines, sales) in found.items()
        ]

    def _partition(self, sale: AcceptedSale) -> int:
        return partition_of_store(sale[1], len(self._publishers))
