"""Receipts as archive documents, and what makes two receipts the same: no I/O."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import bson
from bson.int64 import Int64
from bson.raw_bson import RawBSONDocument

from tillstream.clock import BusinessDay, event_time, utc
from tillstream.codec import decode_receipt, receipt_bodies
from tillstream.contracts import Settlement, StampedReceipt, receipt_key
from tillstream.errors import UndecodableMessage
from tillstream.identity import identity_of
from tillstream.money import milli_units, minor_units
from tillstream.stores import StoreTable

#: A document of the archive, as docs/decisions/0005-archive-documents.md lays it out.
Document = dict[str, Any]

#: Largest receipt, encoded, that fits a MongoDB document (16 MiB) beside its own fields.
MAX_RECEIPT_BYTES = 8 * 1024 * 1024


class Reject(NamedTuple):
    """Bytes that cannot be archived, and why."""

    body: bytes
    reason: str


class Reading(NamedTuple):
    """What a message held: documents to store, and lines that are no receipts."""

    documents: list[Document]
    rejects: list[Reject]


def read_message(
    body: bytes,
    content_type: str | None,
    stores: StoreTable,
    content_encoding: str | None = None,
) -> Reading:
    """Every receipt of a message as a document; a bad line does not spoil the others."""
    try:
        lines = receipt_bodies(body, content_type, content_encoding)
    except UndecodableMessage as error:
        return Reading([], [Reject(body, error.reason)])
    if not lines:
        return Reading([], [Reject(body, "the message holds no receipt")])
    reading = Reading([], [])
    for line in lines:
        try:
            reading.documents.append(document(line, stores))
        except UndecodableMessage as error:
            reading.rejects.append(Reject(line, error.reason))
    return reading


def document(raw: bytes, stores: StoreTable) -> Document:
    """The document of one encoded receipt; raises UndecodableMessage with the reason.

    `raw` keeps the receipt as it came, so no field of a till can collide with one of ours
    or of MongoDB. `storedAt` is added when it is encoded for the write.
    """
    if len(raw) > MAX_RECEIPT_BYTES:
        raise UndecodableMessage(f"{len(raw)} bytes; the archive takes {MAX_RECEIPT_BYTES}")
    try:
        receipt = decode_receipt(raw)
        return _document(receipt, raw, stores)
    except (ValueError, OverflowError) as error:
        # The pattern of `date` lets 2024-02-30 pass, and `receivedTime` is any float.
        raise UndecodableMessage(f"no time: {error}") from error
    except RecursionError as error:
        raise UndecodableMessage("nested too deeply") from error


def _document(receipt: StampedReceipt, raw: bytes, stores: StoreTable) -> Document:
    sold = _sold(receipt.date, stores.calendar(receipt.store_id))
    total = receipt.document_total
    return {
        "_id": receipt_key(receipt),
        "store": str(receipt.store_id),
        "till": str(receipt.terminal_id),
        "number": str(receipt.cash_receipt_id),
        "agent": _name(receipt.agent_id),
        "customer": _name(receipt.customer_id),
        "date": sold.date,
        "utcOffsetMinutes": sold.offset_minutes,
        "businessDay": sold.business_day,
        "receivedAt": utc(receipt.received_time),
        "grossMinor": _cents(total.gross_total),
        "netMinor": _cents(total.net_total),
        "taxMinor": _cents(total.tax_payable),
        "lines": [
            _line(
                line.line_number,
                line.product_code,
                line.product_category_code,
                line.product_category_name,
                line.quantity,
                line.credit_amount,
                line.settlement_amount,
                line.tax_percentage,
            )
            for line in receipt.lines
        ],
        "payments": [_payment(settlement) for settlement in receipt.settlements],
        "raw": as_text(raw),
    }


# The same products are sold all day: documents share their lines, and nobody changes them.
@lru_cache(maxsize=32_768)
def _line(
    number: int,
    product: str | int,
    category_code: str | int,
    category: str,
    quantity: float,
    net: float,
    gross: float,
    tax_percentage: float,
) -> Document:
    return {
        "number": number,
        "product": str(product),
        "categoryCode": str(category_code),
        "category": category,
        "unitsMilli": _milli(quantity),
        "netMinor": _cents(net),
        "grossMinor": _cents(gross),
        # Hundredths of a percent: 5.5% is 550.
        "taxBasisPoints": _cents(tax_percentage),
    }


def _payment(settlement: Settlement) -> Document:
    return {
        "mechanism": settlement.payment_mechanism,
        "amountMinor": _cents(settlement.settlement_amount),
    }


class _Sold(NamedTuple):
    """Event time, UTC, and how the store's wall clock and calendar have it."""

    date: datetime
    offset_minutes: int
    business_day: str


# Prices, quantities and seconds repeat: a look-up costs a fifth of the work.
@lru_cache(maxsize=16_384)
def _sold(text: str, calendar: BusinessDay) -> _Sold:
    moment = event_time(text, calendar.zone)
    offset = moment.utcoffset() or timedelta()
    return _Sold(
        moment.astimezone(UTC), offset // timedelta(minutes=1), calendar.of(text).isoformat()
    )


@lru_cache(maxsize=65_536)
def _cents(amount: float) -> Int64:
    return Int64(minor_units(amount))


@lru_cache(maxsize=4_096)
def _milli(quantity: float) -> Int64:
    return Int64(milli_units(quantity))


def _name(identifier: str | int | None) -> str | None:
    return None if identifier is None else str(identifier)


def as_text(raw: bytes) -> str | bytes:
    """A receipt as a document keeps it: text, or bytes where they are no UTF-8."""
    # The decoder skips unknown fields without reading them, so their bytes may be no UTF-8.
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def encoded(documents: Iterable[Document], stored_at: datetime) -> list[RawBSONDocument]:
    """The documents as MongoDB gets them, stored at a time; encoded once, wherever that is done."""
    raw: list[RawBSONDocument] = []
    for document in documents:
        document["storedAt"] = stored_at
        raw.append(RawBSONDocument(bson.encode(document)))
    return raw


def raw_bytes(stored: Document) -> bytes:
    """The receipt of a stored document, byte for byte as it was published."""
    raw = stored["raw"]
    return raw.encode() if isinstance(raw, str) else bytes(raw)


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
