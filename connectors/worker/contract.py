"""A receipt that a mapping has made keeps the contract, as one that comes to the door."""

from collections.abc import Iterator
from datetime import date

from connectors.mapping.documents import MappingError
from connectors.mapping.receipt_check import decoded, rules_broken
from connectors.postings.posting import Posting
from connectors.state.outbox import Outgoing
from tillstream.bounds import THOUSANDTHS_LIMIT
from tillstream.clock import moment
from tillstream.currencies import CURRENCY, EXPONENT, exponent_of
from tillstream.currency_day import CurrencyDay
from tillstream.money import minor_units
from tillstream.receipt import Receipt
from tillstream.receipt_message import stamp
from tillstream.receipt_rules import marks_of
from tillstream.runtime.settings import ReceiptSettings
from tillstream.stores import StoreTable

MEND = "mend the rule of the definition that makes this value, then `tillstream receivers retry`"


class Contract:
    """Checks what is to be published, and stamps it: when it came, and the door's marks.

    No rule refuses here, whatever REFUSE_RULES says: no vendor mends a receipt because of it.
    """

    def __init__(self, stores: StoreTable, settings: ReceiptSettings) -> None:
        self._stores = stores
        self._max_bytes = settings.max_receipt_bytes
        self._ahead = settings.max_clock_ahead_seconds

    def checked(self, posting: Posting, received_us: int) -> Outgoing:
        """The receipt as it is published; raises MappingError."""
        if len(posting.line) > self._max_bytes:
            found = f"{len(posting.line):,} bytes, more than MAX_RECEIPT_BYTES={self._max_bytes}"
            raise MappingError("contract", "$", found, "leave out further fields")
        receipt = decoded(posting.line, "$", MEND)
        exponent = exponent_of(receipt.currency)
        if exponent > EXPONENT and max(_amounts(receipt)) > THOUSANDTHS_LIMIT:
            found = f"an amount above {THOUSANDTHS_LIMIT:,} {receipt.currency}"
            raise MappingError("contract", "$", found, MEND)
        sold = moment(receipt.date, self._stores.calendar(posting.store))
        gross = minor_units(receipt.document_total.gross_total, exponent)
        day = CurrencyDay(sold.day, receipt.currency or CURRENCY)
        came = received_us / 1_000_000
        marks = marks_of(rules_broken(posting.line, exponent), sold.unix_seconds, came, self._ahead)
        return Outgoing((day, posting.store, gross), stamp(posting.line, came, marks))


def _amounts(receipt: Receipt) -> Iterator[float]:
    total = receipt.document_total
    yield from map(abs, (total.net_total, total.tax_payable, total.gross_total))
    for line in receipt.lines:
        yield from map(abs, (line.unit_price, line.credit_amount, line.settlement_amount))
    yield from (abs(tender.settlement_amount) for tender in receipt.settlements)


def day_of(receipt_date: str) -> int:
    """The day that a till wrote, as `date.toordinal` counts; raises MappingError."""
    try:
        return date.fromisoformat(receipt_date[:10]).toordinal()
    except ValueError as error:
        raise MappingError("contract", "$.date", f"{receipt_date!r} is no time", MEND) from error
