"""Receipts on their way into a message: one as JSON, several as NDJSON."""

from collections.abc import Sequence

import msgspec

from tillstream.accepted_count import AcceptedSale
from tillstream.codec import JSON, NDJSON, pack


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
    body = b"\n".join([parcel.lines for parcel in parcels])
    if len(parcels) == 1 and parcels[0].count == 1:
        return body, JSON, None
    packed, encoding = pack(body)
    return packed, NDJSON, encoding
