"""A receipt on its way into the archive: its document, encoded, and what is asked of it. Pure."""

import struct
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import bson
from bson.codec_options import CodecOptions
from bson.int64 import Int64
from bson.raw_bson import RawBSONDocument

from persistence.writer import bson_elements
from tillstream.archive import Document
from tillstream.clock import BusinessDay, milliseconds, moment
from tillstream.codec import (
    decode_line,
    decode_outline,
    decode_receipt,
    decode_tenders,
    receipt_bodies,
)
from tillstream.currencies import CURRENCY, EXPONENT, exponent_of
from tillstream.errors import UndecodableMessageError
from tillstream.money import basis_points, milli_units, minor_units
from tillstream.outline import StampedOutline
from tillstream.part_texts import part_key, text_and_exponent
from tillstream.receipt import DocumentTotal, receipt_key
from tillstream.runtime.memo import remembering
from tillstream.stores import StoreTable

#: Largest receipt, encoded, that fits a MongoDB document (16 MiB) beside its own fields.
MAX_RECEIPT_BYTES = 8 * 1024 * 1024
#: The last Unix second of the year 9999: no date of Python's is later.
_LATEST = 253_402_300_799

#: Names and int64 values of the elements of a total.
_TOTAL = struct.Struct("<12sq10sq10sq")
_aware: CodecOptions[Document] = CodecOptions(tz_aware=True)


class Entry(NamedTuple):
    """A receipt as docs/decisions/0005-archive-documents.md lays it out, all but `storedAt`."""

    key: str
    customer: str | None
    #: When it was sold and when the door got it, Unix seconds.
    sold: float
    received: float
    #: As it came.
    raw: bytes
    #: The elements of its BSON document.
    elements: bytes

    def document(self) -> Document:
        """Its document, decoded."""
        return bson.decode(bson_elements.document(self.elements), _aware)


class Encoded(NamedTuple):
    """Documents as MongoDB gets them, and the `storedAt` that they have."""

    documents: list[RawBSONDocument]
    stored_at: datetime


class Reject(NamedTuple):
    """Bytes that cannot be archived, and why."""

    body: bytes
    reason: str


class Reading(NamedTuple):
    """What a message held: receipts to store, and lines that are none."""

    entries: list[Entry]
    rejects: list[Reject]


def read_message(
    body: bytes,
    content_type: str | None,
    stores: StoreTable,
    content_encoding: str | None = None,
) -> Reading:
    """Every receipt of a message; a bad line does not spoil the others."""
    try:
        lines = receipt_bodies(body, content_type, content_encoding)
    except UndecodableMessageError as error:
        return Reading([], [Reject(body, error.reason)])
    if not lines:
        return Reading([], [Reject(body, "the message holds no receipt")])
    reading = Reading([], [])
    for line in lines:
        try:
            reading.entries.append(entry(line, stores))
        except UndecodableMessageError as error:
            reading.rejects.append(Reject(line, error.reason))
    return reading


def entry(raw: bytes, stores: StoreTable) -> Entry:
    """One encoded receipt; raises UndecodableMessageError with the reason.

    `raw` keeps the receipt as it came, so no field of a till can collide with one of ours
    or of MongoDB.
    """
    if len(raw) > MAX_RECEIPT_BYTES:
        raise UndecodableMessageError(f"{len(raw)} bytes; the archive takes {MAX_RECEIPT_BYTES}")
    try:
        return _entry(decode_outline(raw), raw, stores)
    except UndecodableMessageError:
        # Decoded whole, it says where in the receipt.
        decode_receipt(raw)
        raise
    except (ValueError, OverflowError) as error:
        # `receivedTime` is any float.
        raise UndecodableMessageError(f"no time: {error}") from error
    except RecursionError as error:
        raise UndecodableMessageError("nested too deeply") from error


def encoded(entries: Iterable[Entry], stored_at: datetime) -> Encoded:
    """The documents of entries, stored at a time; made once, wherever that is done."""
    stored = bson_elements.date(b"storedAt", milliseconds(stored_at))
    return Encoded(
        [RawBSONDocument(bson_elements.document(each.elements, stored)) for each in entries],
        stored_at,
    )


def _entry(receipt: StampedOutline, raw: bytes, stores: StoreTable) -> Entry:
    key = receipt_key(receipt)
    customer = receipt.customer_id
    sold = _sold(receipt.date, stores.calendar(receipt.store_id))
    received = receipt.received_time
    exponent = exponent_of(receipt.currency)
    texts: Iterable[bytes] = map(bytes, receipt.lines)
    if exponent != EXPONENT:
        texts = [part_key(text, exponent) for text in texts]
    body = b"".join(
        (
            bson_elements.text(b"_id", key),
            _currency(receipt.currency),
            _till(receipt.store_id, receipt.terminal_id),
            bson_elements.text(b"number", str(receipt.cash_receipt_id)),
            _agent(receipt.agent_id),
            bson_elements.text_or_null(b"customer", customer),
            sold.elements,
            _received(received),
            _total(receipt.document_total, exponent),
            bson_elements.array(b"lines", [_line(text) for text in texts]),
            _tenders(part_key(bytes(receipt.settlements), exponent)),
            bson_elements.utf8_or_binary(b"raw", raw),
        )
    )
    return Entry(
        key, None if customer is None else str(customer), sold.seconds, received, raw, body
    )


# Behind the key: `persistence.parquet.stored` looks for it there.
@lru_cache(maxsize=256)
def _currency(currency: str | None) -> bytes:
    return b"" if currency in (None, CURRENCY) else bson_elements.text(b"currency", currency)


# One for each till.
@lru_cache(maxsize=16_384)
def _till(store: str | int, till: str | int) -> bytes:
    return bson_elements.text(b"store", str(store)) + bson_elements.text(b"till", str(till))


# Some agents to a store.
@lru_cache(maxsize=16_384)
def _agent(agent: str | int | None) -> bytes:
    return bson_elements.text_or_null(b"agent", agent)


# The door stamps what it takes at once with one time.
@lru_cache(maxsize=1_024)
def _received(unix_seconds: float) -> bytes:
    if not 0 <= unix_seconds < _LATEST:
        raise ValueError(f"receivedTime {unix_seconds!r} is not between 1970 and 10000")
    return bson_elements.date(b"receivedAt", round(unix_seconds * 1_000_000) // 1_000)


class _Sold(NamedTuple):
    """When a receipt was sold: Unix seconds, and the elements of its time and business day."""

    seconds: float
    elements: bytes


# Seconds repeat: a look-up costs a fifth of the work.
@lru_cache(maxsize=16_384)
def _sold(text: str, calendar: BusinessDay) -> _Sold:
    sold = moment(text, calendar)
    return _Sold(
        sold.unix_seconds,
        bson_elements.date(b"date", milliseconds(sold.instant))
        + b"\x10utcOffsetSeconds\0"
        + bson_elements.int32(sold.offset // timedelta(seconds=1))
        + bson_elements.text(b"businessDay", sold.day.isoformat()),
    )


def _total(total: DocumentTotal, exponent: int) -> bytes:
    return _TOTAL.pack(
        b"\x12grossMinor\0",
        minor_units(total.gross_total, exponent),
        b"\x12netMinor\0",
        minor_units(total.net_total, exponent),
        b"\x12taxMinor\0",
        minor_units(total.tax_payable, exponent),
    )


# The same products are sold all day, and by a text its bytes are found without decoding it.
@remembering
def _line(key: bytes) -> bytes:
    text, exponent = text_and_exponent(key)
    line = decode_line(text)
    return bson.encode(
        {
            "number": line.line_number,
            "product": str(line.product_code),
            "categoryCode": str(line.product_category_code),
            "category": line.product_category_name,
            "unitsMilli": Int64(milli_units(line.quantity)),
            "netMinor": Int64(minor_units(line.credit_amount, exponent)),
            "grossMinor": Int64(minor_units(line.settlement_amount, exponent)),
            # Hundredths of a percent: 5.5% is 550.
            "taxBasisPoints": Int64(basis_points(line.tax_percentage)),
        }
    )


# Most receipts are paid by card, and many cost the same.
@remembering
def _tenders(key: bytes) -> bytes:
    text, exponent = text_and_exponent(key)
    return bson_elements.array(
        b"payments",
        [
            bson.encode(
                {
                    "mechanism": tender.payment_mechanism,
                    "amountMinor": Int64(minor_units(tender.settlement_amount, exponent)),
                }
            )
            for tender in decode_tenders(text)
        ],
    )
