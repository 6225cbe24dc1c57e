"""Lines and tenders by their texts: the same ones come all day, and are decoded once. Pure."""

from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np

from analytics.columns import Integers
from tillstream.codec import LONGEST_REMEMBERED, decode_line, decode_tenders
from tillstream.identity import part_content
from tillstream.money import milli_units, minor_units

#: Texts that a process remembers.
REMEMBERED = 16_384


class KnownLine(NamedTuple):
    """What a line is counted by."""

    #: Category, and VAT rate in percent as text: "5.5".
    facts: tuple[str, str]
    #: Units in thousandths, gross and net in cents.
    amounts: tuple[int, int, int]
    #: What it adds to the content of its receipt.
    content: msgspec.Raw


class KnownTenders(NamedTuple):
    """What all tenders of a receipt are counted by."""

    mechanisms: list[str]
    #: A row for each tender, as of a line: no units, the amount as gross, no net.
    amounts: list[tuple[int, int, int]]
    content: msgspec.Raw


class Lines(dict[bytes, int]):
    """Lines of a batch by their texts: `lines[text]` is the number of a line in `known`.

    Raises UndecodableMessage for a text that is none.
    """

    def __init__(self) -> None:
        self.known: list[KnownLine] = []

    def __missing__(self, text: bytes) -> int:
        line = _line(text) if len(text) <= LONGEST_REMEMBERED else _line.__wrapped__(text)
        self.known.append(line)
        self[text] = number = len(self.known) - 1
        return number


class Tenders(dict[bytes, int]):
    """The same for the tenders of a receipt, all of them in one text."""

    def __init__(self) -> None:
        self.known: list[KnownTenders] = []

    def __missing__(self, text: bytes) -> int:
        tenders = _tenders(text) if len(text) <= LONGEST_REMEMBERED else _tenders.__wrapped__(text)
        self.known.append(tenders)
        self[text] = number = len(self.known) - 1
        return number


def rows(amounts: list[tuple[int, int, int]]) -> Integers:
    """Amounts as an array of three columns, also when there are none."""
    return np.array(amounts, np.int64).reshape(-1, 3)


@lru_cache(REMEMBERED)
def _line(text: bytes) -> KnownLine:
    line = decode_line(text)
    return KnownLine(
        (line.product_category_name, f"{line.tax_percentage:g}"),
        (
            milli_units(line.quantity),
            minor_units(line.settlement_amount),
            minor_units(line.credit_amount),
        ),
        part_content(line),
    )


@lru_cache(REMEMBERED)
def _tenders(text: bytes) -> KnownTenders:
    tenders = decode_tenders(text)
    return KnownTenders(
        [tender.payment_mechanism for tender in tenders],
        [(0, minor_units(tender.settlement_amount), 0) for tender in tenders],
        part_content(tenders),
    )
