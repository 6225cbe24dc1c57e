"""The receipt as it is posted, published and stored (docs/receipt-contract.md)."""

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta

from tillstream.bounds import (
    AMOUNT_LIMIT,
    DATE_LENGTH,
    DATE_PATTERN,
    DAY_LENGTH,
    IDENTIFIER_LENGTH,
    IDENTIFIER_PATTERN,
    LINES,
    NAME_PATTERN,
    QUANTITY_LIMIT,
    TENDERS,
    TYPE_LENGTH,
    UUID_LENGTH,
    UUID_PATTERN,
    is_identifier,
    is_name,
    is_time,
    is_uuid,
)
from tillstream.currencies import CODES, EXPONENTS

Identifier = (
    Annotated[str, Meta(min_length=1, max_length=IDENTIFIER_LENGTH, pattern=IDENTIFIER_PATTERN)]
    | Annotated[int, Meta(ge=0, le=2**63 - 1)]
)
Text = Annotated[str, Meta(max_length=1000)]
#: As JSON has it; `money.minor_units` makes integers of it before anything is summed.
Amount = Annotated[float, Meta(ge=-AMOUNT_LIMIT, le=AMOUNT_LIMIT)]
Quantity = Annotated[float, Meta(ge=-QUANTITY_LIMIT, le=QUANTITY_LIMIT)]
Percentage = Annotated[float, Meta(ge=0, le=100)]

#: A code of `currencies.EXPONENTS`.
Currency = Annotated[str, Meta(extra_json_schema={"enum": CODES})]

#: Fields before their patterns were looked at: `keeps_patterns` does it in a third of the time.
UncheckedIdentifier = (
    Annotated[str, Meta(min_length=1, max_length=IDENTIFIER_LENGTH)]
    | Annotated[int, Meta(ge=0, le=2**63 - 1)]
)
UncheckedDate = Annotated[str, Meta(max_length=DATE_LENGTH)]
#: The rules that a receipt breaks (`checked_parts`), and whether its clock is ahead.
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
    """One line of a receipt; amounts in its currency, negative on a return."""

    line_number: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    product_code: Identifier
    product_description: Text
    product_category_code: Identifier
    product_category_name: Annotated[str, Meta(min_length=1, max_length=200, pattern=NAME_PATTERN)]
    quantity: Quantity
    unit_of_measure: Text
    unit_price: Amount
    #: Net of tax.
    credit_amount: Amount
    tax_percentage: Percentage
    #: Gross: net and tax.
    settlement_amount: Amount


class DocumentTotal(Wire, frozen=True, gc=False):
    """The totals that the till printed, in the receipt's currency."""

    net_total: Amount
    tax_payable: Amount
    gross_total: Amount


class Settlement(Wire, frozen=True, gc=False):
    """One tender: how a part of the gross total was paid, in the receipt's currency."""

    payment_mechanism: Annotated[str, Meta(min_length=1, max_length=100, pattern=NAME_PATTERN)]
    settlement_amount: Amount


class Head(Wire, frozen=True, gc=False, kw_only=True):
    """A receipt without its lines and tenders, before its patterns were looked at."""

    cash_receipt_id: UncheckedIdentifier
    store_id: UncheckedIdentifier
    terminal_id: UncheckedIdentifier
    agent_id: UncheckedIdentifier | None
    customer_id: UncheckedIdentifier | None
    date: UncheckedDate
    document_total: DocumentTotal
    transaction_type: Annotated[str, Meta(max_length=TYPE_LENGTH)] | None = None
    receipt_uuid: Annotated[str, Meta(max_length=UUID_LENGTH)] | None = None
    #: Of every amount; None is `currencies.CURRENCY`, and at the door the setting CURRENCY.
    currency: str | None = None


class Receipt(Head, frozen=True, gc=False, kw_only=True):
    """A cash receipt: the contract. Fields that are not named here are kept on the wire and in the
    archive.
    """

    cash_receipt_id: Identifier
    #: `storeID`, as the identifiers below: text or integer, 1 and "1" being the same.
    store_id: Identifier
    terminal_id: Identifier
    agent_id: Identifier | None
    customer_id: Identifier | None
    #: Event time on the till's clock: text without an offset is in the store's zone.
    date: Annotated[str, Meta(pattern=DATE_PATTERN)]
    lines: Annotated[tuple[Line, ...], Meta(max_length=LINES)]
    settlements: Annotated[tuple[Settlement, ...], Meta(max_length=TENDERS)]
    #: `void` marks a receipt that cancels another one; a return is told by its negative total.
    transaction_type: Annotated[str, Meta(max_length=TYPE_LENGTH, pattern=NAME_PATTERN)] | None = (
        None
    )
    #: The client's own identity for the receipt, where it has one.
    receipt_uuid: Annotated[str, Meta(pattern=UUID_PATTERN)] | None = None
    #: Of every amount, by ISO 4217; where it is missing, the chain's main one (CURRENCY).
    currency: Currency | None = None


class StampedReceipt(Head, frozen=True, gc=False, kw_only=True):
    """A receipt as it is published: with the door's stamps."""

    lines: Annotated[tuple[Line, ...], Meta(max_length=LINES)]
    settlements: Annotated[tuple[Settlement, ...], Meta(max_length=TENDERS)]
    #: When the door got it, Unix seconds.
    received_time: float
    marks: Marks = ()
    #: A stamp of the archive: it has erased the customer, which is another thing than none.
    customer_erased: bool = False
    #: A code of ISO 4217. Receipts of before there were currencies may have anything here, which
    #: `codec` reads as None.
    currency: Any = None


def keeps_patterns(receipt: Head) -> bool:
    """Whether the fields of a Head keep the patterns of the contract, its date included."""
    for identifier in (
        receipt.store_id,
        receipt.terminal_id,
        receipt.cash_receipt_id,
        receipt.agent_id,
        receipt.customer_id,
    ):
        if type(identifier) is str and not (identifier.isalnum() or is_identifier(identifier)):
            return False
    uuid, kind, currency = receipt.receipt_uuid, receipt.transaction_type, receipt.currency
    return (
        is_time(receipt.date)
        and (uuid is None or is_uuid(uuid) is not None)
        and (kind is None or is_name(kind) is not None)
        and (currency is None or currency in EXPONENTS)
    )


def receipt_key(receipt: Head) -> str:
    """The identity of a receipt: `date/store/till/number`, or `day/store/uuid/...` of the client.

    The number alone repeats between tills and restarts. The date is taken as the till wrote
    it, so that the identity does not depend on any setting of ours, and it comes first, so that
    whatever is in the order of keys is in the order of days. A client's UUID counts within its
    store and the day that the till wrote: no store can take the identity of another one's receipt.
    """
    if receipt.receipt_uuid is not None:
        uuid = receipt.receipt_uuid.lower().replace("-", "")
        return f"{receipt.date[:DAY_LENGTH]}/{_part(receipt.store_id)}/uuid/{uuid}"
    return printed_key(receipt)


def printed_key(receipt: Head) -> str:
    """`date/store/till/number`: what is printed on the receipt."""
    store, till, number = receipt.store_id, receipt.terminal_id, receipt.cash_receipt_id
    if type(store) is type(till) is type(number) is int:
        return f"{receipt.date}/{store}/{till}/{number}"
    return f"{receipt.date}/{_part(store)}/{_part(till)}/{_part(number)}"


def _part(identifier: str | int) -> str:
    # Text is quoted, so that no identifier can hold a separator of another one.
    if isinstance(identifier, int):
        return str(identifier)
    return identifier if identifier.isalnum() else quote(identifier, safe=" ")
