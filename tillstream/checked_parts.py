"""Lines and tenders before they are published: checked once for each text in which they come.

The same products are sold all day, so most texts are known: a look-up costs a tenth of decoding,
of the arithmetic and of the digest (docs/decisions/0017-texts-decoded-once.md).
"""

from typing import NamedTuple

from tillstream.codec import decode_line, decode_tenders
from tillstream.currencies import EXPONENT
from tillstream.identity import line_content, tenders_content
from tillstream.line_arithmetic import HALF_UNIT, gross_holds
from tillstream.money import minor_units
from tillstream.outline import OutlinedReceipt
from tillstream.part_texts import part_key, text_and_exponent
from tillstream.receipt import Line
from tillstream.runtime.memo import remembering


class CheckedLine(NamedTuple):
    """A line that keeps the contract: its minor units, and whether its own arithmetic holds."""

    line: Line
    net: int
    gross: int
    #: net = quantity x unit price; gross = net with tax or net = gross without, to the minor unit.
    net_holds: bool
    gross_holds: bool
    #: What it adds to the content of its receipt.
    content: bytes


class CheckedTenders(NamedTuple):
    """All tenders of a receipt: their sum in minor units, and what they add to its content."""

    total: int
    content: bytes


@remembering
def checked_line(key: bytes) -> CheckedLine:
    """A line by the key of its text (`part_texts`); raises UndecodableMessageError."""
    text, exponent = text_and_exponent(key)
    line = decode_line(text)
    net = minor_units(line.credit_amount, exponent)
    gross = minor_units(line.settlement_amount, exponent)
    return CheckedLine(
        line,
        net,
        gross,
        abs(line.quantity * line.unit_price * 10**exponent - net) <= HALF_UNIT,
        gross_holds(net, gross, line.tax_percentage),
        line_content(line),
    )


@remembering
def checked_tenders(key: bytes) -> CheckedTenders:
    """All tenders by the key of their text (`part_texts`); raises UndecodableMessageError."""
    text, exponent = text_and_exponent(key)
    tenders = decode_tenders(text)
    return CheckedTenders(
        sum(minor_units(tender.settlement_amount, exponent) for tender in tenders),
        tenders_content(tenders),
    )


def checked_parts(
    receipt: OutlinedReceipt, exponent: int
) -> tuple[list[CheckedLine], CheckedTenders]:
    """All of a receipt in a currency of so many digits after the point.

    Raises UndecodableMessageError.
    """
    tenders = bytes(receipt.settlements)
    if exponent == EXPONENT:
        return [checked_line(bytes(text)) for text in receipt.lines], checked_tenders(tenders)
    lines = [checked_line(part_key(bytes(text), exponent)) for text in receipt.lines]
    return lines, checked_tenders(part_key(tenders, exponent))
