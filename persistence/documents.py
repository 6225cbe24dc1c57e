"""Documents of the archive, and what makes two receipts the same: no I/O."""

from datetime import timedelta
from typing import Any

from tillstream.clock import utc
from tillstream.codec import decode_receipt
from tillstream.identity import identity_of

#: A document of the archive, as docs/decisions/0005-archive-documents.md lays it out.
Document = dict[str, Any]

#: What `utc_offset` reads of a document.
OFFSET_FIELDS = ("utcOffsetSeconds", "utcOffsetMinutes")


def as_text(raw: bytes) -> str | bytes:
    """A receipt as a document keeps it: text, or bytes where they are no UTF-8."""
    # The decoder skips unknown fields without reading them, so their bytes may be no UTF-8.
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def raw_bytes(stored: Document) -> bytes:
    """The receipt of a stored document, byte for byte as it was published."""
    raw = stored["raw"]
    return raw.encode() if isinstance(raw, str) else bytes(raw)


def utc_offset(stored: Document) -> timedelta:
    """How far the till's clock was from UTC when the receipt was sold, exact to the second.

    A document that no migration has reached yet has whole minutes. Raises KeyError.
    """
    if "utcOffsetSeconds" in stored:
        return timedelta(seconds=stored["utcOffsetSeconds"])
    return timedelta(minutes=stored["utcOffsetMinutes"])


def content_digest(raw: bytes) -> bytes:
    """A digest of what a receipt says; equal for each form in which it may be sent again."""
    return identity_of(decode_receipt(raw)).content


def conflict(key: str, raw: bytes) -> Document:
    """The document of a receipt whose identity is taken by another content.

    Its `_id` holds the content, so that a redelivery stores it once.
    """
    receipt = decode_receipt(raw)
    return {
        "_id": f"{key}#{identity_of(receipt).content.hex()}",
        "key": key,
        "receivedAt": utc(receipt.received_time),
        "raw": as_text(raw),
    }
