"""A receipt that is to be sent: its bytes, and the figures that it adds to the sums."""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from generator.chain import Till
from generator.tenders import Tender
from tillstream.currencies import CURRENCY
from tillstream.receipt import Receipt


class TillReceipt(Receipt, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A receipt as these tills send it, with what is not a sale marked as their own fields do."""

    transaction_type: Literal["sale", "return", "void"] = "sale"
    #: Number of the receipt of the same till that a void takes back.
    voided_receipt_id: int | None = None


class SoldLine(Protocol):
    """What a line adds to the sums: minor units and thousandths."""

    @property
    def category(self) -> str: ...
    @property
    def quantity_milli(self) -> int: ...
    @property
    def gross(self) -> int: ...


class Sale(msgspec.Struct, frozen=True, gc=False, eq=False):
    """What was sold and how it was paid, amounts in minor units; compared by identity.

    Many customers buy the same and pay the same way: they share a sale.
    """

    #: The receipt as JSON from its lines to its end.
    text: bytes
    lines: Sequence[SoldLine]
    tenders: tuple[Tender, ...]
    net: int
    gross: int
    currency: str = CURRENCY


class IssuedReceipt(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A receipt that is to be sent: its bytes, and what they say."""

    body: bytes
    #: As the till wrote it.
    date: str
    sale: Sale
    #: The till of our own that printed it; None where another one did.
    till: Till | None = None
    #: What is wrong with it, empty for most (generator/faults.py).
    fault: str = ""

    @property
    def receipt(self) -> TillReceipt:
        """The receipt of the body; raises msgspec.DecodeError when it is none."""
        return msgspec.json.decode(self.body, type=TillReceipt)
