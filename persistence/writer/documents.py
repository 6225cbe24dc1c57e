"""What makes two receipts the same, and the document of one that is not: no I/O."""

from tillstream.archive import Document, as_text, conflict_id
from tillstream.clock import utc
from tillstream.codec import decode_receipt
from tillstream.identity import identity_of


def content_digest(raw: bytes) -> bytes:
    """A digest of what a receipt says; equal for each form in which it may be sent again."""
    return identity_of(decode_receipt(raw)).content


def conflict(key: str, raw: bytes) -> Document:
    """The document of a receipt whose identity is taken by another content."""
    receipt = decode_receipt(raw)
    return {
        "_id": conflict_id(key, identity_of(receipt).content),
        "key": key,
        "receivedAt": utc(receipt.received_time),
        "raw": as_text(raw),
    }
