"""Receipts of MongoDB as Arrow batches with exact decimals: no I/O."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from tillstream.archive import OFFSET_FIELDS, Document, raw_bytes, utc_offset
from tillstream.codec import decode_receipt
from tillstream.errors import TillstreamError, UndecodableMessageError
from tillstream.money import basis_points, milli_units, minor_units
from tillstream.receipt import Line, StampedReceipt

#: What `batches` reads of a document of the archive.
FIELDS = (
    "businessDay",
    "date",
    *OFFSET_FIELDS,
    "receivedAt",
    "storedAt",
    "netMinor",
    "taxMinor",
    "grossMinor",
    "raw",
)

_SECOND = timedelta(seconds=1)

#: What a document or its bytes may be that are no receipt, or none that a column takes.
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, pa.ArrowException)

#: Receipts of one Arrow batch, about 5 MB.
BATCH = 10_000

MONEY = pa.decimal128(18, 2)
QUANTITY = pa.decimal128(18, 3)
UNIT_PRICE = pa.decimal128(18, 6)
PERCENTAGE = pa.decimal128(5, 2)
INSTANT = pa.timestamp("ms", tz="UTC")

LINE = pa.struct(
    {
        "number": pa.int64(),
        "product": pa.string(),
        "description": pa.string(),
        "categoryCode": pa.string(),
        "category": pa.string(),
        "quantity": QUANTITY,
        "unit": pa.string(),
        "unitPrice": UNIT_PRICE,
        "net": MONEY,
        "taxPercentage": PERCENTAGE,
        "gross": MONEY,
    }
)
PAYMENT = pa.struct({"mechanism": pa.string(), "amount": MONEY})

#: A receipt, every field of the contract typed. What a till sends beyond the contract stays in
#: `raw` in MongoDB: nobody could say whom it names, so no erasure could find it here.
SCHEMA = pa.schema(
    {
        "key": pa.string(),
        "store": pa.string(),
        "till": pa.string(),
        "number": pa.string(),
        "agent": pa.string(),
        "customer": pa.string(),
        "date": INSTANT,
        "utcOffsetSeconds": pa.int32(),
        "businessDay": pa.date32(),
        "receivedAt": INSTANT,
        "storedAt": INSTANT,
        "type": pa.string(),
        "net": MONEY,
        "tax": MONEY,
        "gross": MONEY,
        "lines": pa.list_(LINE),
        "payments": pa.list_(PAYMENT),
    }
)


class UnreadableReceiptError(TillstreamError):
    """A stored receipt that the contract of today does not read; `key` is which."""

    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        super().__init__(f"receipt {key} of MongoDB cannot be read: {reason}; it was left out")


class Carried(NamedTuple):
    """Documents, and their rows as one batch of SCHEMA."""

    documents: Sequence[Document]
    batch: pa.RecordBatch


def carried(
    documents: Iterable[Document],
    left_out: Callable[[UnreadableReceiptError], None],
    size: int = BATCH,
) -> Iterator[Carried]:
    """Documents with FIELDS and `_id`, `size` receipts at a time.

    One that no row can have is named to `left_out`; the others go on.
    """
    rest = iter(documents)
    while part := list(islice(rest, size)):
        if of_part := carried_part(part, left_out):
            yield of_part


def carried_part(
    documents: Sequence[Document], left_out: Callable[[UnreadableReceiptError], None]
) -> Carried | None:
    """What of some documents has rows; None where none has."""
    try:
        return Carried(documents, batch(documents))
    except (UnreadableReceiptError, *_UNREADABLE):
        pass
    # One by one: the others are carried.
    sound: list[Document] = []
    for document in documents:
        try:
            batch([document])
            sound.append(document)
        except UnreadableReceiptError as error:
            left_out(error)
        except _UNREADABLE as error:
            left_out(
                UnreadableReceiptError(str(document["_id"]), f"{type(error).__name__}: {error}")
            )
    return Carried(sound, batch(sound)) if sound else None


def batch(documents: Sequence[Document]) -> pa.RecordBatch:
    """One batch of SCHEMA; raises UnreadableReceiptError, or what a wrong type raises."""
    for document in documents:
        for name in ("netMinor", "taxMinor", "grossMinor"):
            if not isinstance(document[name], int):
                raise UnreadableReceiptError(str(document["_id"]), f"{name} is no integer")
        for name in ("date", "receivedAt", "storedAt"):
            if not isinstance(document[name], datetime):
                raise UnreadableReceiptError(str(document["_id"]), f"{name} is no time")
    receipts = [_receipt(document) for document in documents]
    totals = [receipt.document_total for receipt in receipts]
    columns: dict[str, Any] = {
        "key": [document["_id"] for document in documents],
        "store": [str(receipt.store_id) for receipt in receipts],
        "till": [str(receipt.terminal_id) for receipt in receipts],
        "number": [str(receipt.cash_receipt_id) for receipt in receipts],
        "agent": [_name(receipt.agent_id) for receipt in receipts],
        "customer": [_name(receipt.customer_id) for receipt in receipts],
        "date": [document["date"] for document in documents],
        "utcOffsetSeconds": [utc_offset(each) // _SECOND for each in documents],
        "businessDay": [_days(document["businessDay"]) for document in documents],
        "receivedAt": [document["receivedAt"] for document in documents],
        "storedAt": [document["storedAt"] for document in documents],
        "type": [receipt.transaction_type for receipt in receipts],
        "net": _money([total.net_total for total in totals]),
        "tax": _money([total.tax_payable for total in totals]),
        "gross": _money([total.gross_total for total in totals]),
        "lines": _lines(receipts),
        "payments": _payments(receipts),
    }
    return pa.record_batch(
        [
            values if isinstance(values, pa.Array) else pa.array(values, SCHEMA.field(name).type)
            for name, values in columns.items()
        ],
        schema=SCHEMA,
    )


def _receipt(document: Document) -> StampedReceipt:
    try:
        return decode_receipt(raw_bytes(document))
    except UndecodableMessageError as error:
        raise UnreadableReceiptError(document["_id"], error.reason) from error


def _lines(receipts: Sequence[StampedReceipt]) -> pa.Array:
    lines: list[Line] = list(chain.from_iterable(receipt.lines for receipt in receipts))
    columns = [
        pa.array([line.line_number for line in lines], pa.int64()),
        pa.array([str(line.product_code) for line in lines], pa.string()),
        pa.array([line.product_description for line in lines], pa.string()),
        pa.array([str(line.product_category_code) for line in lines], pa.string()),
        pa.array([line.product_category_name for line in lines], pa.string()),
        _decimals([milli_units(line.quantity) for line in lines], QUANTITY),
        pa.array([line.unit_of_measure for line in lines], pa.string()),
        _decimals([_micro(line.unit_price) for line in lines], UNIT_PRICE),
        _money([line.credit_amount for line in lines]),
        # Hundredths of a percent, rounded as cents are.
        _decimals([basis_points(line.tax_percentage) for line in lines], PERCENTAGE),
        _money([line.settlement_amount for line in lines]),
    ]
    structs = pa.StructArray.from_arrays(columns, fields=list(LINE))
    return pa.ListArray.from_arrays(
        _offsets(len(receipt.lines) for receipt in receipts), structs, type=pa.list_(LINE)
    )


def _payments(receipts: Sequence[StampedReceipt]) -> pa.Array:
    payments = list(chain.from_iterable(receipt.settlements for receipt in receipts))
    columns = [
        pa.array([payment.payment_mechanism for payment in payments], pa.string()),
        _money([payment.settlement_amount for payment in payments]),
    ]
    structs = pa.StructArray.from_arrays(columns, fields=list(PAYMENT))
    return pa.ListArray.from_arrays(
        _offsets(len(receipt.settlements) for receipt in receipts), structs, type=pa.list_(PAYMENT)
    )


def _offsets(lengths: Iterable[int]) -> pa.Array:
    return pa.array(np.cumsum([0, *lengths]), pa.int32())


def _money(amounts: Sequence[float]) -> pa.Array:
    return _decimals([minor_units(amount) for amount in amounts], MONEY)


def _decimals(scaled: Sequence[int], kind: pa.DataType) -> pa.Array:
    """Integers as decimals of `kind`, whose scale they have: 1190 is 11.90."""
    # A decimal128 is a little-endian integer of two words, the upper one holding the sign.
    low = np.array(scaled, "<i8")
    words = np.column_stack((low, low >> 63))
    return pa.Array.from_buffers(kind, len(low), [None, pa.py_buffer(words.tobytes())])


@lru_cache(maxsize=4_096)
def _micro(price: float) -> int:
    return int((Decimal(repr(price)) * 1_000_000).to_integral_value(ROUND_HALF_EVEN))


@lru_cache(maxsize=4_096)
def _days(business_day: str) -> int:
    """Days since 1970, as a date32 has them."""
    return int(np.datetime64(business_day, "D").astype("int64"))


def _name(identifier: str | int | None) -> str | None:
    return None if identifier is None else str(identifier)
