"""Documents of the archive as the service shows them: money in minor units and as text. No I/O."""

from datetime import datetime, timezone
from typing import Any

import msgspec
from bson.int64 import Int64

from persistence.api.parameters import By, SalesQuestion
from persistence.api.sales import key_text
from tillstream.archive import OFFSET_FIELDS, Document, currency_of, raw_bytes, utc_offset
from tillstream.currencies import exponent_of
from tillstream.money import decimal_text, rate_text
from tillstream.trace_stamp import trace_id_of

#: What the views read of a document.
FIELDS = (
    "store",
    "till",
    "number",
    "agent",
    "customer",
    "date",
    *OFFSET_FIELDS,
    "businessDay",
    "receivedAt",
    "storedAt",
    "netMinor",
    "taxMinor",
    "grossMinor",
    "lines",
    "payments",
    "currency",
)


def _plain(value: Any) -> int:
    """BSON's own integers as those of JSON."""
    if isinstance(value, Int64):
        return int(value)
    raise NotImplementedError(type(value).__name__)


#: Any of the views as JSON.
encode = msgspec.json.Encoder(enc_hook=_plain).encode


class View(msgspec.Struct, rename="camel", frozen=True, gc=False, kw_only=True):
    """Base of all that is answered; an amount comes as text and in minor units."""


class LineView(View, frozen=True, gc=False, kw_only=True):
    """One line; units in thousandths, negative on a return."""

    number: int
    product: str
    category_code: str
    category: str
    units_milli: int
    tax_percentage: str
    net: str
    net_minor: int
    gross: str
    gross_minor: int


class PaymentView(View, frozen=True, gc=False, kw_only=True):
    """One tender."""

    mechanism: str
    amount: str
    amount_minor: int


class ReceiptView(View, frozen=True, gc=False, kw_only=True):
    """A receipt; `date` with the offset that it had at the till, other times in UTC.

    `date` is a text: an offset of before the time zones has seconds, which RFC 3339 has not.
    """

    key: str
    store: str
    till: str
    number: str
    agent: str | None
    customer: str | None
    date: str
    business_day: str
    received_at: datetime
    stored_at: datetime
    net: str
    net_minor: int
    tax: str
    tax_minor: int
    gross: str
    gross_minor: int
    lines: list[LineView]
    payments: list[PaymentView]
    #: Of every amount.
    currency: str


class Page(View, frozen=True, kw_only=True):
    """Receipts in order. `next` is the cursor of the following page; null at the end."""

    items: list[ReceiptView]
    next: str | None


class Conflict(View, frozen=True, kw_only=True):
    """What came later under the same identity, with other content: kept, and not counted."""

    received_at: datetime
    receipt: msgspec.Raw


class Life(View, frozen=True, kw_only=True):
    """When it was sold, received at the door and sent to the archive, and whether it counts.

    `counted` is true when the ledger has its identity, false when it has not (yet, or not any
    more: it knows a receipt for IDENTITY_DAYS), null when no ledger is within reach.
    """

    sold: str
    received: datetime
    stored: datetime
    counted: bool | None


class ReceiptAndLife(View, frozen=True, kw_only=True):
    """One receipt: as the archive sees it, its life, and as it came from the till.

    `raw` is absent once the receipt is in the analytic archive alone.
    """

    receipt: ReceiptView
    life: Life
    #: What came again with other content, the first twenty.
    conflicts: list[Conflict]
    #: The trace with which the door got it, 32 hexadecimal digits; absent without one.
    trace_id: str | msgspec.UnsetType = msgspec.UNSET
    raw: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class SalesRow(View, frozen=True, gc=False, kw_only=True):
    """The sums of one key; units in thousandths."""

    key: str
    receipts: int
    units_milli: int
    gross: str
    gross_minor: int
    net: str
    net_minor: int


class Sales(View, frozen=True, kw_only=True):
    """Sums of the business days from `from` up to and without `to`."""

    by: By
    from_: str = msgspec.field(name="from")
    to: str
    #: Of every sum.
    currency: str
    #: Of receipts of these days and stores that are in no sum here; each may be asked for.
    other_currencies: list[str]
    rows: list[SalesRow]


def receipt_view(document: Document) -> ReceiptView:
    """A receipt of the archive."""
    net, tax, gross = document["netMinor"], document["taxMinor"], document["grossMinor"]
    currency = currency_of(document)
    exponent = exponent_of(currency)
    return ReceiptView(
        key=document["_id"],
        store=document["store"],
        till=document["till"],
        number=document["number"],
        agent=document["agent"],
        customer=document["customer"],
        date=_wall_clock(document),
        business_day=document["businessDay"],
        received_at=document["receivedAt"],
        stored_at=document["storedAt"],
        net=decimal_text(net, exponent),
        net_minor=net,
        tax=decimal_text(tax, exponent),
        tax_minor=tax,
        gross=decimal_text(gross, exponent),
        gross_minor=gross,
        lines=[_line(line, exponent) for line in document["lines"]],
        payments=[
            PaymentView(
                mechanism=payment["mechanism"],
                amount=decimal_text(payment["amountMinor"], exponent),
                amount_minor=payment["amountMinor"],
            )
            for payment in document["payments"]
        ],
        currency=currency,
    )


def _wall_clock(document: Document) -> str:
    """The time that the till's clock showed, with its offset: 1900-01-01T00:00:00+00:09:21."""
    text: str = document["date"].astimezone(timezone(utc_offset(document))).isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _line(line: Document, exponent: int) -> LineView:
    return LineView(
        number=line["number"],
        product=line["product"],
        category_code=line["categoryCode"],
        category=line["category"],
        units_milli=line["unitsMilli"],
        tax_percentage=rate_text(line["taxBasisPoints"]),
        net=decimal_text(line["netMinor"], exponent),
        net_minor=line["netMinor"],
        gross=decimal_text(line["grossMinor"], exponent),
        gross_minor=line["grossMinor"],
    )


def receipt_and_life(
    document: Document, conflicts: list[Document], counted: bool | None
) -> ReceiptAndLife:
    """One receipt with all that is known of it."""
    receipt = receipt_view(document)
    return ReceiptAndLife(
        receipt=receipt,
        life=Life(
            sold=receipt.date,
            received=receipt.received_at,
            stored=receipt.stored_at,
            counted=counted,
        ),
        conflicts=[
            Conflict(received_at=each["receivedAt"], receipt=_raw(each)) for each in conflicts
        ],
        trace_id=_trace_id(document),
        raw=_raw(document) if "raw" in document else msgspec.UNSET,
    )


def _trace_id(document: Document) -> str | msgspec.UnsetType:
    found = trace_id_of(raw_bytes(document)) if "raw" in document else None
    return msgspec.UNSET if found is None else found


def _raw(document: Document) -> msgspec.Raw:
    """The receipt as it came; bytes that are no UTF-8 in a field of the till's own are replaced."""
    return msgspec.Raw(raw_bytes(document).decode(errors="replace").encode())


def sales_view(
    question: SalesQuestion, currency: str, others: list[str], rows: list[dict[str, Any]]
) -> Sales:
    """The rows of a sum in a currency, by key; `others` are the currencies that it leaves out."""
    exponent = exponent_of(currency)
    return Sales(
        by=question.by,
        from_=question.first.isoformat(),
        to=question.end.isoformat(),
        currency=currency,
        other_currencies=others,
        rows=[
            SalesRow(
                key=key_text(question.by, row["_id"]),
                receipts=row["receipts"],
                units_milli=row["unitsMilli"],
                gross=decimal_text(row["grossMinor"], exponent),
                gross_minor=row["grossMinor"],
                net=decimal_text(row["netMinor"], exponent),
                net_minor=row["netMinor"],
            )
            for row in rows
        ],
    )
