"""Has a receipt been counted before? Its identity and its content, as short digests."""

from hashlib import blake2b
from typing import NamedTuple

import msgspec
from xxhash import xxh3_64_digest

from tillstream.contracts import Receipt, receipt_key

_encoder = msgspec.msgpack.Encoder()


class Identity(NamedTuple):
    """Digests of a receipt: equal keys mean the same receipt, equal contents the same text."""

    #: 16 bytes of the key: two of 10 billion receipts collide with probability 1e-19.
    key: bytes
    #: 8 bytes of the contract's fields, without the door's stamps and the client's extras. Whoever
    #: makes two contents collide gains nothing: of one key, only the first counts in any case.
    content: bytes


def content_of(receipt: Receipt) -> tuple[object, ...]:
    """What two receipts of one identity must share to be the same receipt; hashable."""
    return (
        # With a client's own UUID these are not in the key.
        str(receipt.store_id),
        str(receipt.terminal_id),
        str(receipt.cash_receipt_id),
        receipt.date,
        str(receipt.agent_id),
        str(receipt.customer_id),
        receipt.lines,
        receipt.document_total,
        receipt.settlements,
    )


def key_digest(receipt: Receipt) -> bytes:
    """16 bytes of the receipt's key."""
    return blake2b(receipt_key(receipt).encode(), digest_size=16).digest()


def content_digest(receipt: Receipt) -> bytes:
    """8 bytes of its content, the same for each form in which it may be sent again."""
    return xxh3_64_digest(_encoder.encode(content_of(receipt)))


def identity_of(receipt: Receipt) -> Identity:
    """The identity of a receipt."""
    return Identity(key_digest(receipt), content_digest(receipt))


def anonymous_content(receipt: Receipt) -> bytes:
    """The content of a receipt once its customer is erased.

    A kept content that is this one is no conflict: it is the same receipt, erased.
    """
    return content_digest(msgspec.structs.replace(receipt, customer_id=None))
