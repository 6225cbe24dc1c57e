"""The receipt of the French till format, as it is posted, published and stored."""

import re
from datetime import datetime
from functools import lru_cache
from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta

#: Longest text of an identifier or a code, in characters.
IDENTIFIER_LENGTH = 64

#: Largest magnitude of one amount in euros or of a quantity: exact to the cent in a float.
AMOUNT_LIMIT = 1_000_000_000

#: `YYYY-MM-DD HH:MM:SS` or ISO 8601; fractions and an offset are allowed.
DATE_PATTERN = (
    r"^(?!0000)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)?$"
)

DATE_LENGTH = 64
_is_date_text = re.compile(DATE_PATTERN).fullmatch

Identifier = (
    Annotated[str, Meta(min_length=1, max_length=IDENTIFIER_LENGTH)]
    | Annotated[int, Meta(ge=0, le=2**63 - 1)]
)
Text = Annotated[str, Meta(max_length=1000)]
Amount = Annotated[float, Meta(ge=-AMOUNT_LIMIT, le=AMOUNT_LIMIT)]
Percentage = Annotated[float, Meta(ge=0, le=100)]

#: Most lines and tenders of a receipt.
LINES = 1000
TENDERS = 100

#: The date of a receipt before `is_time` has checked it: sooner than the pattern would.
UncheckedDate = Annotated[str, Meta(max_length=DATE_LENGTH)]
#: The rules that a receipt breaks, and whether its clock is ahead.
Marks = Annotated[tuple[str, ...], Meta(max_length=100)]


def wire_name(name: str) -> str:
    """The JSON name of a field: `cash_receipt_id` is `cashReceiptID`."""
    first, *rest = name.split("_")
    return first + "".join(
        part.upper() if part in {"id", "uuid"} else part.capitalize() for part in rest
    )


class Wire(msgspec.Struct, rename=wire_name, frozen=True, gc=False, kw_only=True):
    """Base of all that travels as JSON: camelCase on the wire, unknown fields ignored."""


class Line(Wire, frozen=True, gc=False):
    """One line of a receipt; amounts in euros, negative on a return."""

    line_number: Annotated[int, Meta(ge=0, le=2**31)]
    product_code: Identifier
    product_description: Text
    product_category_code: Identifier
    product_category_name: Annotated[str, Meta(min_length=1, max_length=200)]
    quantity: Amount
    unit_of_measure: Text
    unit_price: Amount
    #: Net of tax.
    credit_amount: Amount
    tax_percentage: Percentage
    #: Gross: net and tax.
    settlement_amount: Amount


class DocumentTotal(Wire, frozen=True, gc=False):
    """The totals that the till printed, in euros."""

    net_total: Amount
    tax_payable: Amount
    gross_total: Amount


class Settlement(Wire, frozen=True, gc=False):
    """One tender: how a part of the gross total was paid, in euros."""

    payment_mechanism: Annotated[str, Meta(min_length=1, max_length=100)]
    settlement_amount: Amount


class Head(Wire, frozen=True, gc=False, kw_only=True):
    """A receipt without its lines and tenders."""

    cash_receipt_id: Identifier
    #: `storeID`, as the identifiers below: text or integer, 1 and "1" being the same.
    store_id: Identifier
    terminal_id: Identifier
    agent_id: Identifier | None
    customer_id: Identifier | None
    #: Event time on the till's clock: text without an offset is in the store's zone.
    date: Annotated[str, Meta(pattern=DATE_PATTERN)]
    document_total: DocumentTotal
    #: `void` marks a receipt that cancels another one; anything else is read from the amounts.
    transaction_type: Annotated[str, Meta(max_length=40)] | None = None
    #: The client's own identity for the receipt, where it has one.
    receipt_uuid: Annotated[str, Meta(pattern=r"^[0-9A-Fa-f-]{32,36}$")] | None = None


class Receipt(Head, frozen=True, gc=False, kw_only=True):
    """A cash receipt. Fields that are not named here are kept on the wire and in the archive."""

    lines: Annotated[tuple[Line, ...], Meta(max_length=LINES)]
    settlements: Annotated[tuple[Settlement, ...], Meta(max_length=TENDERS)]


class StampedReceipt(Receipt, frozen=True, gc=False, kw_only=True):
    """A receipt as it is published: with the door's stamps."""

    date: UncheckedDate
    #: When the door got it, Unix seconds.
    received_time: float
    marks: Marks = ()


class OutlinedReceipt(Head, frozen=True, gc=False, kw_only=True):
    """A stamped receipt whose lines and tenders are still encoded.

    The same products are sold all day: whoever reads many receipts decodes each text once
    (docs/decisions/0017-texts-decoded-once.md).
    """

    lines: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=LINES)]
    settlements: msgspec.Raw
    date: UncheckedDate
    received_time: float
    marks: Marks = ()


# Dates repeat, and a look-up costs a fifth of the pattern.
@lru_cache(maxsize=16_384)
def is_time(text: str) -> bool:
    """Whether a receipt's date keeps DATE_PATTERN and is a time of the calendar."""
    try:
        return _is_date_text(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def receipt_key(receipt: Head) -> str:
    """The identity of a receipt: `store/till/number/date`, or `uuid/...` of the client.

    The number alone repeats between tills and restarts. The date is taken as the till wrote
    it, so that the identity does not depend on any setting of ours.
    """
    if receipt.receipt_uuid is not None:
        return "uuid/" + receipt.receipt_uuid.lower().replace("-", "")
    store, till, number = receipt.store_id, receipt.terminal_id, receipt.cash_receipt_id
    if type(store) is type(till) is type(number) is int:
        return f"{store}/{till}/{number}/{receipt.date}"
    return f"{_part(store)}/{_part(till)}/{_part(number)}/{receipt.date}"


def _part(identifier: str | int) -> str:
    # Text is quoted, so that no identifier can hold a separator of another one.
    if isinstance(identifier, int):
        return str(identifier)
    return identifier if identifier.isalnum() else quote(identifier, safe=" ")
