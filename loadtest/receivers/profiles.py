"""How the receipts of each vendor are called, as receivers/*.toml says."""

from datetime import UTC, datetime

from loadtest.receivers.expected import Profile
from loadtest.receivers.sales import Item


def _offset(at: datetime) -> str:
    return at.isoformat()


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).isoformat()


def _uncategorised(item: Item) -> str:
    return item.category if item.category in ("Shipping", "Refund") else "Uncategorised"


GENERIC = Profile(
    date=_offset,
    number=lambda sale: str(sale.number),
    return_number=lambda refund: f"R{refund.number}",
    store=lambda sale: sale.store,
    till=lambda sale: sale.till,
    agent="7",
    customer=None,
    category=lambda item: item.category,
    code=lambda item: item.sku or "shipping",
)
SHOPIFY = GENERIC._replace(
    number=lambda sale: f"#{sale.number}",
    return_number=lambda refund: str(890_000_000_000 + refund.number),
    agent="91000000001",
    customer="7100000000001",
    joins_tenders=True,
)
WOOCOMMERCE = GENERIC._replace(
    date=_utc,
    return_number=lambda refund: str(refund.number),
    store=lambda _sale: "web",
    till=lambda _sale: "checkout",
    agent=None,
    customer="25",
    category=_uncategorised,
    return_has_lines=False,
)
LIGHTSPEED = GENERIC._replace(
    date=_utc,
    store=lambda sale: sale.till,
    agent="Grace Example",
    customer="7fb6ebff-eae1-5306-adc5-5cdd3b28f34e",
    category=_uncategorised,
    names_currency=False,
)
SQUARE = GENERIC._replace(
    date=_utc,
    till=lambda _sale: "Square Point of Sale",
    return_number=lambda refund: str(refund.number),
    agent=None,
    customer="EXAMPLECUSTOMER1",
    category=lambda item: "Service charges" if item.category == "Shipping" else "Uncategorised",
    code=lambda item: item.sku or "service charge",
    return_tender=lambda _sale: "refund",
)
ODOO = GENERIC._replace(
    date=_utc,
    number=lambda sale: f"Order {sale.number:05d}-001-0001",
    return_number=lambda refund: f"Order {1_000_000 + refund.number:05d}-001-0001",
    agent="Grace Example",
    customer="41",
    code=lambda item: item.sku or "SHIP",
    unit="Units",
)
