"""The columns of the analytic archive, as Arrow has them, and exact decimals for them."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

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
        "currency": pa.string(),
        "net": MONEY,
        "tax": MONEY,
        "gross": MONEY,
        "lines": pa.list_(LINE),
        "payments": pa.list_(PAYMENT),
    }
)


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
