"""What receipts of receivers come to, by receiver, day and currency."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from connectors.postings.sale import KeptSale
from tillstream.currencies import CURRENCY

#: Receiver, day, currency.
Where = tuple[str, str, str]


class Sums(NamedTuple):
    """Exact, in the currency itself."""

    net: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    gross: Decimal = Decimal(0)


class _Total(msgspec.Struct, rename="camel"):
    net_total: Decimal
    tax_payable: Decimal
    gross_total: Decimal


class _Receipt(msgspec.Struct, rename="camel"):
    date: str
    document_total: _Total
    receiver: str | None = None
    currency: str | None = None
    receipt_uuid: str | None = msgspec.field(default=None, name="receiptUUID")


_decode = msgspec.json.Decoder(_Receipt).decode


class Adding:
    """Adds receipts up; of two with one receiptUUID the first counts."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """`database` has the table of receipts (scratch.py)."""
        self.sums: dict[Where, Sums] = defaultdict(Sums)
        self._database = database

    def add_lines(self, lines: Iterable[bytes]) -> None:
        """Receipts as they are published; those of no receiver are passed over."""
        for line in lines:
            if b'"receiver":' not in line:
                continue
            one = _decode(line)
            if one.receiver is None or one.receipt_uuid is None:
                continue
            uuid = bytes.fromhex(one.receipt_uuid.replace("-", ""))
            new = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (uuid,)).rowcount
            if new:
                self._add(one.receiver, one)

    def add_sale(self, receiver: str, sale: KeptSale) -> None:
        """What counts of a sale."""
        for document in sale.documents.values():
            if document.posted is not None:
                self._add(receiver, _decode(document.posted))

    def _add(self, receiver: str, one: _Receipt) -> None:
        where = (receiver, one.date[:10], one.currency or CURRENCY)
        before, total = self.sums[where], one.document_total
        self.sums[where] = Sums(
            before.net + total.net_total,
            before.tax + total.tax_payable,
            before.gross + total.gross_total,
        )


def differences(
    posted: dict[Where, Sums], published: dict[Where, Sums], least_day: str
) -> list[dict[str, Any]]:
    """Where the two differ, from a day on."""
    return [
        {
            "what": "posted and published",
            "receiver": where[0],
            "day": where[1],
            "currency": where[2],
            "expected": [str(each) for each in posted.get(where, Sums())],
            "found": [str(each) for each in published.get(where, Sums())],
        }
        for where in sorted(posted.keys() | published.keys())
        if where[1] >= least_day and posted.get(where, Sums()) != published.get(where, Sums())
    ]
