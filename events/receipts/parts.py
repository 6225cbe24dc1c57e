"""Lines and tenders as rows of their streams, remembered by their JSON text. Pure."""

from typing import NamedTuple

from tillstream.codec import decode_line, decode_tenders
from tillstream.identity import line_content, tenders_content
from tillstream.money import basis_points, milli_units, minor_units
from tillstream.part_texts import text_and_exponent
from tillstream.runtime.memo import remembering


class LineRow(NamedTuple):
    """A line: its texts, an empty one being none, and its figures in minor units."""

    content: bytes
    line: int
    product: str
    description: str | None
    category_code: str
    category: str
    quantity: int
    unit: str | None
    net: int
    tax_percentage: int
    gross: int


class TenderRows(NamedTuple):
    """All tenders of a receipt."""

    content: bytes
    mechanisms: list[str]
    amounts: list[int]


@remembering
def line_row(key: bytes) -> LineRow:
    """A line by the key of its text (`part_texts`); raises UndecodableMessageError."""
    text, exponent = text_and_exponent(key)
    line = decode_line(text)
    return LineRow(
        content=line_content(line),
        line=line.line_number,
        product=str(line.product_code),
        description=line.product_description or None,
        category_code=str(line.product_category_code),
        category=line.product_category_name,
        quantity=milli_units(line.quantity),
        unit=line.unit_of_measure or None,
        net=minor_units(line.credit_amount, exponent),
        tax_percentage=basis_points(line.tax_percentage),
        gross=minor_units(line.settlement_amount, exponent),
    )


@remembering
def tender_rows(key: bytes) -> TenderRows:
    """All tenders by the key of their text (`part_texts`); raises UndecodableMessageError."""
    text, exponent = text_and_exponent(key)
    tenders = decode_tenders(text)
    return TenderRows(
        content=tenders_content(tenders),
        mechanisms=[tender.payment_mechanism for tender in tenders],
        amounts=[minor_units(tender.settlement_amount, exponent) for tender in tenders],
    )
