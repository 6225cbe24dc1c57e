"""Has a receipt been counted before? Its identity and its content, as short digests."""

from hashlib import blake2b
from typing import NamedTuple

import msgspec

from tillstream.contracts import Receipt, receipt_key

_encoder = msgspec.msgpack.Encoder()


class Identity(NamedTuple):
    """Digests of a receipt: equal keys mean the same receipt, equal contents the same text."""

    #: 16 bytes of the key: two of 10 billion receipts collide with probability 1e-19.
    key: bytes
    #: 8 bytes of the contract's fields, without the door's stamps and the client's extras.
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


def identity_of(receipt: Receipt) -> Identity:
    """The identity of a receipt, the same for each form in which it may be sent again."""
    return Identity(
        blake2b(receipt_key(receipt).encode(), digest_size=16).digest(),
        blake2b(_encoder.encode(content_of(receipt)), digest_size=8).digest(),
    )


def anonymous_content(receipt: Receipt) -> bytes:
    """The content of a receipt once its customer is erased.

    A kept content that is this one is no conflict: it is the same receipt, erased.
    """
    return identity_of(msgspec.structs.replace(receipt, customer_id=None)).content
