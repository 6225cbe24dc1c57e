"""Lightspeed Retail X-Series: `sale.update`, a form with the sale as JSON in `payload`.

https://x-series-api.lightspeedhq.com/docs/webhooks
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from loadtest.receivers.delivery import Request, Vendor, hmac_hex
from loadtest.receivers.sales import (
    Item,
    Money,
    Refund,
    Sale,
    amounts,
    decimal,
    line_amounts,
    returned_amounts,
    to_pay,
)


def requests(sale: Sale) -> list[Request]:
    """The sale, and each new return, which is a sale of its own."""
    told = [_request(sale_body(sale))]
    if sale.refunds and sale.refunds[-1].at == sale.updated:
        told.append(_request(return_body(sale, sale.refunds[-1])))
    return told


def _request(payload: dict[str, Any]) -> Request:
    form = {
        "payload": json.dumps(payload),
        "domain_prefix": "maisonlevain",
        "environment": "prod",
        "retailer_id": _id("retailer"),
        "type": "sale.update",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "vend-webhooks"}
    return Request(headers, urlencode(form).encode())


def sale_body(sale: Sale) -> dict[str, Any]:
    """The sale itself."""
    pairs = list(zip(sale.all_items, line_amounts(sale), strict=True))
    lines = [_line(sale, place, item, money) for place, (item, money) in enumerate(pairs)]
    status = "VOIDED" if sale.cancelled else "CLOSED"
    if sale.gift_card_sold:
        card = Item("vend-internal-gift-card", "Gift card", "", 1, sale.gift_card_sold, 0)
        lines.append(_line(sale, 90, card, amounts(sale.gift_card_sold, 0, True)))
    if sale.tip:
        tip = Item("tip", "Tip", "", 1, sale.tip, 0)
        lines.append(_line(sale, 91, tip, amounts(sale.tip, 0, True)))
    payments = [
        _payment(sale, place, each.mechanism, each.amount, sale.at)
        for place, each in enumerate(sale.tenders)
    ]
    return {
        **_head(sale, f"sale/{sale.number}", str(sale.number), sale.at, sale.updated),
        "status": status,
        "return_for": "",
        "register_sale_products": lines,
        "register_sale_payments": payments,
        "totals": _totals(sale, [money for _, money in pairs], to_pay(sale)),
    }


def return_body(sale: Sale, refund: Refund) -> dict[str, Any]:
    """A return: a sale of negative quantities that names the first one."""
    money = returned_amounts(sale, refund)
    lines = []
    for place, (each, parts) in enumerate(zip(refund.items, money, strict=True)):
        item = sale.items[each.line]
        back = item._replace(quantity=-each.quantity, line_discount=0, order_discount=0)
        lines.append(_line(sale, place, back, Money(-parts.net, -parts.tax, -parts.gross)))
    total = sum(each.gross for each in money)
    negative = [Money(-each.net, -each.tax, -each.gross) for each in money]
    return {
        **_head(sale, f"return/{refund.number}", f"R{refund.number}", refund.at, refund.at),
        "status": "CLOSED",
        "return_for": _id(f"sale/{sale.number}"),
        "register_sale_products": lines,
        "register_sale_payments": [
            _payment(sale, 0, sale.tenders[0].mechanism, -total, refund.at),
        ],
        "totals": _totals(sale, negative, -total),
    }


def _head(sale: Sale, key: str, invoice: str, at: datetime, updated: datetime) -> dict[str, Any]:
    return {
        "id": _id(key),
        "source": "USER",
        "source_id": "",
        "register_id": sale.till,
        "market_id": "1",
        "customer_id": _id("customer/1"),
        "customer_name": "Ada Example",
        "user_id": _id("user/1"),
        "user_name": "Grace Example",
        "sale_date": _instant(at),
        "created_at": _instant(at),
        "updated_at": _instant(updated),
        "deleted_at": None,
        "invoice_number": invoice,
        "invoice_sequence": 1,
        "short_code": _id(key)[:6],
        "receipt_number": invoice,
        "note": "",
        "currency": sale.currency,
        "loyalty": "0.00000",
        "version": int(updated.timestamp() * 1000),
        "taxes": [],
    }


def _line(sale: Sale, place: int, item: Item, money: Money) -> dict[str, Any]:
    # Five decimals: the till rounds the sale, and not its lines.
    net = _exact(sale, money, item.rate)
    tax = round(float(decimal(money.gross, sale.currency)) - net, 5)
    return {
        "id": _id(f"line/{sale.number}/{place}/{item.quantity}"),
        "product_id": _id(f"product/{item.sku}"),
        "register_id": sale.till,
        "sequence": str(place),
        "handle": item.sku,
        "sku": item.sku,
        "name": item.name,
        "quantity": item.quantity,
        "price": round(net / item.quantity, 5),
        "cost": "0.00000",
        "price_set": "0",
        "discount": _over(sale, item.discount, item.quantity),
        "loyalty_value": "0.00000",
        "tax": round(tax / item.quantity, 5),
        "tax_id": _id(f"tax/{item.rate}"),
        "tax_name": f"TVA {item.rate / 100:g} %",
        "tax_rate": item.rate / 10_000,
        "tax_total": tax,
        "price_total": net,
        "display_retail_price_tax_inclusive": "1" if sale.tax_included else "0",
        "status": "CONFIRMED",
        "attributes": [{"name": "line_note", "value": ""}],
    }


def _exact(sale: Sale, money: Money, rate: int) -> float:
    if not sale.tax_included:
        return float(decimal(money.net, sale.currency))
    return round(float(decimal(money.gross, sale.currency)) / (1 + rate / 10_000), 5)


def _over(sale: Sale, minor: int, quantity: int) -> float:
    return round(float(decimal(minor, sale.currency)) / quantity, 5)


def _payment(sale: Sale, place: int, name: str, amount: int, at: datetime) -> dict[str, Any]:
    return {
        "id": _id(f"payment/{sale.number}/{place}/{amount}"),
        "payment_type_id": 1,
        "register_id": sale.till,
        "retailer_payment_type_id": _id(f"payment-type/{name}"),
        "name": name,
        "label": name,
        "payment_date": _instant(at),
        "amount": decimal(amount, sale.currency),
    }


def _totals(sale: Sale, money: list[Money], paid: int) -> dict[str, Any]:
    net, tax = sum(each.net for each in money), sum(each.tax for each in money)
    extra = sale.tip + sale.gift_card_sold if paid > 0 else 0
    return {
        "total_price": decimal(net + extra, sale.currency),
        "total_tax": decimal(tax, sale.currency),
        "total_payment": decimal(paid, sale.currency),
        "total_to_pay": decimal(0, sale.currency),
        "total_loyalty": decimal(0, sale.currency),
    }


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S+00:00}"


def _id(key: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"lightspeed/{key}"))


def sign(request: Request, secret: str, _address: str) -> dict[str, str]:
    """Of the raw body, by the application's client secret."""
    digest = hmac_hex(secret, request.body)
    return {"X-Signature": f"signature={digest},algorithm=HMAC-SHA256"}


LIGHTSPEED = Vendor("lightspeed", requests, sign)
