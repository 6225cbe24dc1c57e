"""Receipts on their way into a message: one as JSON, several as NDJSON."""

from collections.abc import Sequence

import msgspec

from tillstream.accepted_count import AcceptedSale
from tillstream.receipt_message import composed


class ReceiptParcel(msgspec.Struct, frozen=True):
    """Receipts that one request wants published together."""

    #: Their lines, and how many there are.
    lines: bytes
    count: int
    #: What they add to the door's own count.
    sales: Sequence[AcceptedSale] = ()
    #: They share a message with others.
    alone: bool = False

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.lines)


def compose(parcels: Sequence[ReceiptParcel]) -> tuple[bytes, str, str | None]:
    """The message of these receipts."""
    lines = [parcel.lines for parcel in parcels]
    return composed(lines, parcels[0].count if len(parcels) == 1 else len(parcels))
