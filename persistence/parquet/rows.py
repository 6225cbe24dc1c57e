"""Receipts of MongoDB as Arrow batches with exact decimals: no I/O."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import bson
import pyarrow as pa
import pyarrow.compute as pc
from bson.codec_options import CodecOptions, DatetimeConversion

from persistence.parquet import parts
from persistence.parquet.columns import MONEY, SCHEMA, UNITS, decimals
from persistence.parquet.stored import Stored, Sums, UnreadableReceiptError, of_bson, of_documents
from tillstream.archive import Document, raw_bytes
from tillstream.codec import decode_outline, decode_receipt
from tillstream.currencies import EXPONENTS
from tillstream.earlier_keys import TODAYS_KEY, begins_as_today
from tillstream.errors import UndecodableMessageError
from tillstream.money import minor_units
from tillstream.outline import StampedOutline
from tillstream.receipt import receipt_key

#: What a document or its bytes may be that are no receipt, or none that a column takes.
_UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    ArithmeticError,
    pa.ArrowException,
    UnreadableReceiptError,
    UndecodableMessageError,
)

#: Receipts of one Arrow batch, about 5 MB.
BATCH = 10_000

#: A time that Python has not is given as it is, and named as none.
_OPTIONS: CodecOptions[Document] = CodecOptions(
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)

LeftOut = Callable[[UnreadableReceiptError], None]


class Carried(NamedTuple):
    """Receipts as one batch of SCHEMA, and the sums of their documents' own amounts."""

    batch: pa.RecordBatch
    #: By currency.
    sums: dict[str, Sums]


def carried(batches: Iterable[bytes], left_out: LeftOut) -> Iterator[Carried]:
    """Documents with FIELDS and `_id`, batch by batch as MongoDB sends them.

    One that no row can have is named to `left_out`; the others go on.
    """
    for encoded in batches:
        if of_batch := _of_bson(encoded) or carried_part(
            bson.decode_all(encoded, _OPTIONS), left_out
        ):
            yield of_batch


def carried_part(documents: Sequence[Document], left_out: LeftOut) -> Carried | None:
    """What of some decoded documents has rows; None where none has."""
    try:
        return _carried(of_documents(documents))
    except _UNREADABLE:
        pass
    # One by one: the others are carried.
    sound: list[Document] = []
    for document in documents:
        try:
            _carried(of_documents([document]))
            sound.append(document)
        except UnreadableReceiptError as error:
            left_out(error)
        except UndecodableMessageError as error:
            left_out(UnreadableReceiptError(str(document["_id"]), _reason(document, error)))
        except _UNREADABLE as error:
            left_out(
                UnreadableReceiptError(str(document["_id"]), f"{type(error).__name__}: {error}")
            )
    return _carried(of_documents(sound)) if sound else None


def _of_bson(encoded: bytes) -> Carried | None:
    """All of a batch, or None: then it is to be decoded."""
    try:
        stored = of_bson(encoded)
        return _carried(stored) if stored and stored.raws else None
    except _UNREADABLE:
        return None


def _keys(keys: pa.Array, receipts: Sequence[StampedOutline]) -> pa.Array | list[str]:
    if pc.all(pc.match_substring_regex(keys, TODAYS_KEY)).as_py():
        return keys
    # Some that no migration has reached yet: a file has the keys of today.
    return [
        key if begins_as_today(key) else receipt_key(receipt)
        for key, receipt in zip(keys.to_pylist(), receipts, strict=True)
    ]


def _reason(document: Document, error: UndecodableMessageError) -> str:
    try:
        # Decoded whole, it says where in the receipt.
        decode_receipt(raw_bytes(document))
    except UndecodableMessageError as whole:
        return whole.reason
    return error.reason


def _carried(stored: Stored) -> Carried:
    receipts = [decode_outline(raw) for raw in stored.raws]
    exponents = [EXPONENTS[currency] for currency in stored.currencies]
    totals = [receipt.document_total for receipt in receipts]
    columns = {
        "key": _keys(stored.keys, receipts),
        "store": [str(receipt.store_id) for receipt in receipts],
        "till": [str(receipt.terminal_id) for receipt in receipts],
        "number": [str(receipt.cash_receipt_id) for receipt in receipts],
        "agent": [_name(receipt.agent_id) for receipt in receipts],
        "customer": [_name(receipt.customer_id) for receipt in receipts],
        "date": stored.dates,
        "utcOffsetSeconds": stored.utc_offsets,
        "businessDay": stored.business_days,
        "receivedAt": stored.received_at,
        "storedAt": stored.stored_at,
        "type": [receipt.transaction_type for receipt in receipts],
        "currency": stored.currencies,
        "net": _money([total.net_total for total in totals], exponents),
        "tax": _money([total.tax_payable for total in totals], exponents),
        "gross": _money([total.gross_total for total in totals], exponents),
        "lines": parts.lines(receipts, exponents),
        "payments": parts.payments(receipts, exponents),
    }
    return Carried(
        pa.record_batch(
            [
                each if isinstance(each, pa.Array) else pa.array(each, pa.string())
                for each in columns.values()
            ],
            schema=SCHEMA,
        ),
        stored.sums,
    )


def _money(amounts: list[float], exponents: list[int]) -> pa.Array:
    pairs = zip(amounts, exponents, strict=True)
    # As `scaled_money`, whose call costs as much as it does.
    return decimals([minor_units(each, digits) * UNITS[digits] for each, digits in pairs], MONEY)


def _name(identifier: str | int | None) -> str | None:
    return None if identifier is None else str(identifier)
