"""Lines and tenders as they are counted, remembered by their JSON text. Pure."""

from typing import NamedTuple

import numpy as np

from analytics.counting.columns import Integers
from tillstream.codec import decode_line, decode_tenders
from tillstream.day_figures import NAME_CHARACTERS
from tillstream.identity import line_content, tenders_content
from tillstream.money import basis_points, milli_units, minor_units, rate_text
from tillstream.part_texts import text_and_exponent
from tillstream.runtime.memo import remembering


class DecodedLine(NamedTuple):
    """What a line is counted by, and how much it counts."""

    #: Category, VAT rate in percent as text ("5.5"), product code.
    facts: tuple[str, str, str]
    #: What the line calls the product, as far as it is kept.
    name: str
    #: Units in thousandths, gross and net in minor units.
    amounts: tuple[int, int, int]
    #: What it adds to the content of its receipt.
    content: bytes


class DecodedTenders(NamedTuple):
    """What all tenders of a receipt are counted by."""

    mechanisms: list[str]
    #: A row for each tender, as of a line: no units, the amount as gross, no net.
    amounts: list[tuple[int, int, int]]
    content: bytes


def rows(amounts: list[tuple[int, int, int]]) -> Integers:
    """Amounts as an array of three columns, also when there are none."""
    return np.array(amounts, np.int64).reshape(-1, 3)


@remembering
def decoded_line(key: bytes) -> DecodedLine:
    """A line by the key of its text (`part_texts`); raises UndecodableMessageError."""
    text, exponent = text_and_exponent(key)
    line = decode_line(text)
    return DecodedLine(
        (
            line.product_category_name,
            rate_text(basis_points(line.tax_percentage)),
            str(line.product_code),
        ),
        line.product_description[:NAME_CHARACTERS],
        (
            milli_units(line.quantity),
            minor_units(line.settlement_amount, exponent),
            minor_units(line.credit_amount, exponent),
        ),
        line_content(line),
    )


@remembering
def decoded_tenders(key: bytes) -> DecodedTenders:
    """All tenders by the key of their text (`part_texts`); raises UndecodableMessageError."""
    text, exponent = text_and_exponent(key)
    tenders = decode_tenders(text)
    return DecodedTenders(
        [tender.payment_mechanism for tender in tenders],
        [(0, minor_units(tender.settlement_amount, exponent), 0) for tender in tenders],
        tenders_content(tenders),
    )
