"""Has a receipt been counted before? Its identity and its content, as short digests.

The door, the ledger and the archive ask this module, so that they never disagree.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from xxhash import xxh3_64_digest

from tillstream.bounds import DAY_LENGTH
from tillstream.currencies import CURRENCY
from tillstream.receipt import (
    Head,
    Line,
    Receipt,
    Settlement,
    StampedReceipt,
    printed_key,
    receipt_key,
)

#: Bytes of a key's digest that are its day: the ordinal of the date, big-endian.
DAY_BYTES = 3

_encode = msgspec.msgpack.Encoder().encode

WholeReceipt = Receipt | StampedReceipt


class Identity(NamedTuple):
    """Digests of a receipt: equal keys mean the same receipt, equal contents the same text."""

    #: 16 bytes of the key, in the order of days: two of 2 million receipts of a day collide with
    #: probability 1e-19.
    key: bytes
    #: 8 bytes of every field of the contract, without the door's stamps and the client's extras.
    content: bytes


def key_digest(receipt: Head) -> bytes:
    """16 bytes of the receipt's key."""
    return digest_of_key(receipt_key(receipt))


def digest_of_key(key: str) -> bytes:
    """16 bytes of a key: its day in DAY_BYTES, then a digest, so that a day's are neighbours."""
    return _day_bytes(key[:DAY_LENGTH]) + blake2b(key.encode(), digest_size=13).digest()


def key_day(digest: bytes) -> int:
    """The day in a key's digest, as `date.toordinal` counts; 0 of what is no key."""
    return int.from_bytes(digest[:DAY_BYTES])


def content_digest(receipt: WholeReceipt) -> bytes:
    """8 bytes of its content, the same for each form in which it may be sent again."""
    return outlined_content_digest(
        receipt,
        map(line_content, receipt.lines),
        tenders_content(receipt.settlements),
        customer_erased=isinstance(receipt, StampedReceipt) and receipt.customer_erased,
    )


def line_content(line: Line) -> bytes:
    """What a line adds to the content of its receipt, 16 bytes."""
    return _digest(
        (
            line.line_number,
            str(line.product_code),
            line.product_description,
            str(line.product_category_code),
            line.product_category_name,
            # A sum with 0.0 makes -0.0 the 0.0 that it is.
            line.quantity + 0.0,
            line.unit_of_measure,
            line.unit_price + 0.0,
            line.credit_amount + 0.0,
            line.tax_percentage + 0.0,
            line.settlement_amount + 0.0,
        )
    )


def tenders_content(tenders: Sequence[Settlement]) -> bytes:
    """What all tenders add to the content of their receipt, 16 bytes."""
    return _digest(
        [(tender.payment_mechanism, tender.settlement_amount + 0.0) for tender in tenders]
    )


def outlined_content_digest(
    head: Head, lines: Iterable[bytes], tenders: bytes, *, customer_erased: bool = False
) -> bytes:
    """The content digest of a receipt whose parts are given by their contents."""
    agent, customer, total = head.agent_id, head.customer_id, head.document_total
    content: tuple[object, ...] = (
        # Where the key is the client's own it does not say these.
        None if head.receipt_uuid is None else printed_key(head),
        None if agent is None else str(agent),
        customer_erased or (None if customer is None else str(customer)),
        head.transaction_type,
        total.net_total + 0.0,
        total.tax_payable + 0.0,
        total.gross_total + 0.0,
    )
    if head.currency is not None and head.currency != CURRENCY:
        # Euros named and not named are the same, so digests from before there were others are kept.
        content = (*content, head.currency)
    fields = _encode(content)
    # No defence against somebody who makes two contents collide: of one identity only the first
    # counts in any case. The parts' digests are of BLAKE2b, remembered with them.
    return xxh3_64_digest(b"".join((fields, *lines, tenders)))


def identity_of(receipt: WholeReceipt) -> Identity:
    """The identity of a receipt."""
    return Identity(key_digest(receipt), content_digest(receipt))


def anonymous_content(receipt: StampedReceipt) -> bytes:
    """The content of a receipt once its customer is erased.

    A kept content that is this one is no conflict: it is the same receipt, erased.
    """
    return content_digest(msgspec.structs.replace(receipt, customer_id=None, customer_erased=True))


# A receipt is mostly of today.
@lru_cache(maxsize=4_096)
def _day_bytes(text: str) -> bytes:
    try:
        day = date.fromisoformat(text).toordinal()
    except ValueError:
        day = 0  # no receipt has such a key
    return day.to_bytes(DAY_BYTES)


def _digest(part: object) -> bytes:
    return blake2b(_encode(part), digest_size=16).digest()
