"""The columns of the analytic archive, as Arrow has them, and exact decimals for them."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from tillstream.currencies import EXPONENT, exponent_of
from tillstream.money import minor_units

#: Of every currency: those with most decimals have three.
MONEY_SCALE = 3
MONEY = pa.decimal128(18, MONEY_SCALE)
QUANTITY = pa.decimal128(18, 3)
UNIT_PRICE = pa.decimal128(18, 6)
PERCENTAGE = pa.decimal128(5, 2)
#: By the digits of a currency: of MONEY_SCALE in a minor unit.
UNITS: list[int] = [10 ** (MONEY_SCALE - exponent) for exponent in range(MONEY_SCALE + 1)]
INSTANT = pa.timestamp("ms", tz="UTC")


def receipt_schema(money: pa.DataType) -> pa.Schema:
    """A receipt, every field of the contract typed, its amounts as `money`.

    What a till sends beyond the contract stays in `raw` in MongoDB: nobody could say whom it names,
    so no erasure could find it here.
    """
    line = pa.struct(
        {
            "number": pa.int64(),
            "product": pa.string(),
            "description": pa.string(),
            "categoryCode": pa.string(),
            "category": pa.string(),
            "quantity": QUANTITY,
            "unit": pa.string(),
            "unitPrice": UNIT_PRICE,
            "net": money,
            "taxPercentage": PERCENTAGE,
            "gross": money,
        }
    )
    payment = pa.struct({"mechanism": pa.string(), "amount": money})
    return pa.schema(
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
            "currency": pa.string(),
            "net": money,
            "tax": money,
            "gross": money,
            "lines": pa.list_(line),
            "payments": pa.list_(payment),
        }
    )


#: As it is in files and on its way into them.
SCHEMA = receipt_schema(MONEY)
LINE = SCHEMA.field("lines").type.value_type
PAYMENT = SCHEMA.field("payments").type.value_type
#: As it is read where no currency has more than two decimals.
IN_CENTS = receipt_schema(pa.decimal128(18, 2))


def money_schema(currencies: Iterable[str]) -> pa.Schema:
    """How receipts in these are read: with two decimals, or three where one of them has three."""
    return SCHEMA if any(exponent_of(each) > EXPONENT for each in currencies) else IN_CENTS


def decimals(scaled: Sequence[int], kind: pa.DataType) -> pa.Array:
    """Integers as decimals of `kind`, whose scale they have: 1190 is 11.90."""
    # A decimal128 is a little-endian integer of two words, the upper one holding the sign.
    low = np.array(scaled, "<i8")
    words = np.column_stack((low, low >> 63))
    return pa.Array.from_buffers(kind, len(low), [None, pa.py_buffer(words.tobytes())])


def scaled_money(amount: float, exponent: int) -> int:
    """An amount, rounded to the minor unit of its currency, as an integer of MONEY_SCALE."""
    minor: int = minor_units(amount, exponent)
    return minor * UNITS[exponent]


def offsets(lengths: Iterable[int]) -> pa.Array:
    """Where each list of a ListArray begins, and the last one ends."""
    return pa.array(np.cumsum([0, *lengths]), pa.int32())
