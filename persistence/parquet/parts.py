"""Lines and payments of receipts as Arrow lists: each text is decoded once, and copied by index.

The same products are sold all day (docs/decisions/0017-texts-decoded-once.md).
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa

from persistence.parquet.columns import (
    LINE,
    MONEY,
    PAYMENT,
    decimals,
    offsets,
    scaled_money,
)
from tillstream.codec import decode_line, decode_tenders
from tillstream.currencies import EXPONENT
from tillstream.money import basis_points, milli_units
from tillstream.outline import StampedOutline
from tillstream.part_texts import part_key, text_and_exponent
from tillstream.runtime.memo import remembering


class _Line(NamedTuple):
    """The fields of LINE in their order, decimals as integers of their scale."""

    number: int
    product: str
    description: str
    category_code: str
    category: str
    quantity: int
    unit: str
    unit_price: int
    net: int
    tax_percentage: int
    gross: int


class _Payments(NamedTuple):
    """All payments of a receipt; amounts as integers of MONEY_SCALE."""

    mechanisms: tuple[str, ...]
    amounts: tuple[int, ...]


def lines(receipts: Sequence[StampedOutline], exponents: Sequence[int]) -> pa.Array:
    """The lists of LINE of receipts, whose currencies have `exponents`.

    Raises UndecodableMessageError.
    """
    texts: dict[bytes, int] = {}
    indices = [
        texts.setdefault(
            bytes(text) if exponent == EXPONENT else part_key(bytes(text), exponent), len(texts)
        )
        for receipt, exponent in zip(receipts, exponents, strict=True)
        for text in receipt.lines
    ]
    return pa.ListArray.from_arrays(
        offsets(len(receipt.lines) for receipt in receipts),
        _line_structs(_line(text) for text in texts).take(pa.array(indices, pa.int32())),
        type=pa.list_(LINE),
    )


def payments(receipts: Sequence[StampedOutline], exponents: Sequence[int]) -> pa.Array:
    """The lists of PAYMENT of receipts, as `lines`; raises UndecodableMessageError."""
    texts: dict[bytes, int] = {}
    indices = [
        texts.setdefault(part_key(bytes(receipt.settlements), exponent), len(texts))
        for receipt, exponent in zip(receipts, exponents, strict=True)
    ]
    return _payment_lists([_payments(text) for text in texts]).take(pa.array(indices, pa.int32()))


@remembering
def _line(key: bytes) -> _Line:
    text, exponent = text_and_exponent(key)
    line = decode_line(text)
    return _Line(
        line.line_number,
        str(line.product_code),
        line.product_description,
        str(line.product_category_code),
        line.product_category_name,
        milli_units(line.quantity),
        line.unit_of_measure,
        _micro(line.unit_price),
        scaled_money(line.credit_amount, exponent),
        # Hundredths of a percent, rounded as cents are.
        basis_points(line.tax_percentage),
        scaled_money(line.settlement_amount, exponent),
    )


@remembering
def _payments(key: bytes) -> _Payments:
    text, exponent = text_and_exponent(key)
    tenders = decode_tenders(text)
    return _Payments(
        tuple(tender.payment_mechanism for tender in tenders),
        tuple(scaled_money(tender.settlement_amount, exponent) for tender in tenders),
    )


def _line_structs(found: Iterable[_Line]) -> pa.Array:
    # Of no lines there is no column to transpose.
    columns: Sequence[Sequence[Any]] = list(zip(*found, strict=True)) or [()] * len(_Line._fields)
    return pa.StructArray.from_arrays(
        [
            decimals(column, field.type)
            if pa.types.is_decimal(field.type)
            else pa.array(column, field.type)
            for field, column in zip(LINE, columns, strict=True)
        ],
        fields=list(LINE),
    )


def _payment_lists(found: Sequence[_Payments]) -> pa.Array:
    structs = pa.StructArray.from_arrays(
        [
            pa.array(list(chain.from_iterable(each.mechanisms for each in found)), pa.string()),
            decimals(list(chain.from_iterable(each.amounts for each in found)), MONEY),
        ],
        fields=list(PAYMENT),
    )
    return pa.ListArray.from_arrays(
        offsets(len(each.amounts) for each in found), structs, type=pa.list_(PAYMENT)
    )


def _micro(price: float) -> int:
    return int((Decimal(repr(price)) * 1_000_000).to_integral_value(ROUND_HALF_EVEN))
