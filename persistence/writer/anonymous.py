"""Takes the customer out of a receipt, and leaves all that was sold: no I/O."""

import re
from datetime import datetime

import bson
import msgspec
import zstandard

from persistence.writer import bson_elements
from persistence.writer.entries import Entry
from tillstream.archive import Document, as_text, raw_bytes
from tillstream.codec import MAX_UNPACKED_BYTES, ZSTD, decode_receipt
from tillstream.errors import UndecodableMessageError
from tillstream.receipt import StampedReceipt
from tillstream.runtime.decompress import UNPACKERS, NotPackedError, TooLargeError

_CUSTOMER = rb'("customerID"\s*:\s*)(?:%b|"%b")(?=\s*[,}\]\r\n]|\s*$)'


class _Kept(StampedReceipt, omit_defaults=True, frozen=True, gc=False, kw_only=True):
    """A receipt as it is kept: what it does not have is left out."""


def anonymous(entry: Entry, at: datetime) -> Entry:
    """A receipt on its way into the archive, erased at `at`."""
    fields = anonymous_fields(entry.raw, at)
    return entry._replace(
        customer=None,
        raw=raw_bytes(fields),
        elements=bson_elements.of_document(bson.encode(entry.document() | fields)),
    )


def anonymous_fields(raw: bytes, at: datetime) -> Document:
    """The fields that replace those of the archive's document of a receipt, erased at `at`."""
    return {"customer": None, "raw": as_text(anonymous_receipt(raw)), "erasedAt": at}


def anonymous_receipt(raw: bytes) -> bytes:
    """A receipt without its customer, and without every field that the contract does not name.

    Such a field may hold a name or an address; nobody can say, so none is kept. Raises
    UndecodableMessageError.
    """
    fields = msgspec.structs.asdict(decode_receipt(raw))
    return msgspec.json.encode(_Kept(**fields | {"customer_id": None, "customer_erased": True}))


def customer_of(raw: bytes) -> str | None:
    """The customer of an encoded receipt as text; raises UndecodableMessageError."""
    customer = decode_receipt(raw).customer_id
    return None if customer is None else str(customer)


def without_customer(body: bytes, customer: str) -> bytes:
    """A body of any kind without this customer: receipts line by line, other bytes as they are.

    In what is no receipt only the value of a `customerID` can be found, and is made null.
    """
    if body.startswith(zstandard.FRAME_HEADER):
        try:
            plain = UNPACKERS[ZSTD](body, MAX_UNPACKED_BYTES)
        except (NotPackedError, TooLargeError):
            return body
        changed = _lines_without(plain, customer)
        return body if changed == plain else zstandard.ZstdCompressor().compress(changed)
    return _lines_without(body, customer)


def _lines_without(body: bytes, customer: str) -> bytes:
    return b"\n".join(_line_without(line, customer) for line in body.split(b"\n"))


def _line_without(line: bytes, customer: str) -> bytes:
    try:
        if customer_of(line) == customer:
            return anonymous_receipt(line)
    except UndecodableMessageError:
        value = re.escape(customer.encode())
        return re.sub(_CUSTOMER % (value, value), rb"\1null", line)
    return line
