"""Has a receipt been counted before? Its identity and its content, as short digests."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from xxhash import xxh3_64_digest

from tillstream.contracts import Head, Line, OutlinedReceipt, Receipt, Settlement, receipt_key

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
    return _content(receipt, receipt.lines, receipt.settlements)


def key_digest(receipt: Head) -> bytes:
    """16 bytes of the receipt's key."""
    return blake2b(receipt_key(receipt).encode(), digest_size=16).digest()


def content_digest(receipt: Receipt) -> bytes:
    """8 bytes of its content, the same for each form in which it may be sent again."""
    return xxh3_64_digest(_encoder.encode(content_of(receipt)))


def part_content(part: Line | Sequence[Settlement]) -> msgspec.Raw:
    """What a line, or all tenders, add to the content of a receipt."""
    return msgspec.Raw(_encoder.encode(part))


def outlined_content_digest(
    receipt: OutlinedReceipt, lines: Sequence[msgspec.Raw], tenders: msgspec.Raw
) -> bytes:
    """The content digest of a receipt whose parts are given by their `part_content`."""
    return xxh3_64_digest(_encoder.encode(_content(receipt, lines, tenders)))


def identity_of(receipt: Receipt) -> Identity:
    """The identity of a receipt."""
    return Identity(key_digest(receipt), content_digest(receipt))


def anonymous_content(receipt: Receipt) -> bytes:
    """The content of a receipt once its customer is erased.

    A kept content that is this one is no conflict: it is the same receipt, erased.
    """
    return content_digest(msgspec.structs.replace(receipt, customer_id=None))


def _content(
    head: Head, lines: Sequence[object], tenders: Sequence[object] | msgspec.Raw
) -> tuple[object, ...]:
    return (
        # With a client's own UUID these are not in the key.
        str(head.store_id),
        str(head.terminal_id),
        str(head.cash_receipt_id),
        head.date,
        str(head.agent_id),
        str(head.customer_id),
        lines,
        head.document_total,
        tenders,
    )
