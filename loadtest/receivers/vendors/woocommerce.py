"""WooCommerce: `order.created`, `order.updated`, `order.deleted`, REST API v3, and the ping.

https://github.com/woocommerce/woocommerce/blob/trunk/plugins/woocommerce/includes/class-wc-webhook.php
https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from loadtest.receivers.delivery import Request, Vendor, hmac_base64
from loadtest.receivers.sales import (
    EXPONENTS,
    Item,
    Sale,
    amounts,
    decimal,
    line_amounts,
    returned_amounts,
    to_pay,
)

SITE = "https://shop.maison-levain.example/"
_ADDRESS = {
    "first_name": "Ada",
    "last_name": "Example",
    "company": "",
    "address_1": "1 Rue du Four",
    "address_2": "",
    "city": "Lyon",
    "state": "",
    "postcode": "69001",
    "country": "FR",
}


def requests(sale: Sale) -> list[Request]:
    """One delivery with the whole order."""
    topic = "order.created" if sale.version == 1 else "order.updated"
    second = int(sale.updated.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "WooCommerce/10.3.0 Hookshot (WordPress/6.8)",
        "X-WC-Webhook-Source": SITE,
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Resource": "order",
        "X-WC-Webhook-Event": topic.split(".")[1],
        "X-WC-Webhook-ID": "3",
        # Of the webhook and the second: two orders of one second have the same.
        "X-WC-Webhook-Delivery-ID": hashlib.md5(f"3{second}".encode()).hexdigest(),  # noqa: S324
    }
    return [Request(headers, json.dumps(order(sale)).encode())]


def ping() -> Request:
    """What comes when a webhook is saved: unsigned, and answered with exactly 200 or refused."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "WooCommerce/10.3.0 Hookshot (WordPress/6.8)",
    }
    return Request(headers, b"webhook_id=3")


def order(sale: Sale) -> dict[str, Any]:
    """The order, as the REST API shows it."""
    money = line_amounts(sale)
    goods = len(sale.items)
    tax = sum(each.tax for each in money)
    shipping_tax = sum(each.tax for each in money[goods:])
    discount = sum(
        amounts(item.quantity * item.price, item.rate, sale.tax_included).net - each.net
        for item, each in zip(sale.items, money[:goods], strict=True)
    )
    return {
        "id": sale.number,
        "parent_id": 0,
        "status": "cancelled" if sale.cancelled else "completed",
        "currency": sale.currency,
        "version": "10.3.0",
        "prices_include_tax": sale.tax_included,
        "date_created": _local(sale.at),
        "date_modified": _local(sale.updated),
        "discount_total": _money(sale, discount),
        "discount_tax": "0.00",
        "shipping_total": _money(sale, sum(each.net for each in money[goods:])),
        "shipping_tax": _money(sale, shipping_tax),
        "cart_tax": _money(sale, tax - shipping_tax),
        "total": _money(sale, to_pay(sale)),
        "total_tax": _money(sale, tax),
        "customer_id": 25,
        "order_key": f"wc_order_example{sale.number}",
        "billing": {**_ADDRESS, "email": "ada.example@example.org", "phone": "+33 0 00 00 00 00"},
        "shipping": {**_ADDRESS, "phone": ""},
        "payment_method": sale.tenders[0].mechanism,
        "payment_method_title": sale.tenders[0].mechanism.title(),
        "transaction_id": f"ch_example_{sale.number}",
        "customer_ip_address": "192.0.2.7",
        "customer_user_agent": "",
        "created_via": "checkout",
        "customer_note": "",
        "date_completed": _local(sale.at),
        "date_paid": _local(sale.at),
        "cart_hash": "",
        "number": str(sale.number),
        "meta_data": [],
        "line_items": [_line(sale, place, item) for place, item in enumerate(sale.items)],
        "tax_lines": _tax_lines(sale),
        "shipping_lines": _shipping(sale),
        "fee_lines": _fees(sale),
        "coupon_lines": [],
        "refunds": [
            {
                "id": refund.number,
                "reason": "",
                "total": _money(sale, -sum(e.gross for e in returned_amounts(sale, refund))),
            }
            for refund in sale.refunds
        ],
        "payment_url": f"{SITE}checkout/order-pay/{sale.number}/",
        "is_editable": False,
        "needs_payment": False,
        "needs_processing": False,
        "date_created_gmt": _gmt(sale.at),
        "date_modified_gmt": _gmt(sale.updated),
        "date_completed_gmt": _gmt(sale.at),
        "date_paid_gmt": _gmt(sale.at),
        "currency_symbol": "\u20ac",
    }


def _line(sale: Sale, place: int, item: Item) -> dict[str, Any]:
    paid = amounts(item.paid, item.rate, sale.tax_included)
    before = amounts(item.quantity * item.price, item.rate, sale.tax_included)
    rate = _rate_id(item.rate)
    taxes = [{"id": rate, "total": _money(sale, paid.tax), "subtotal": _money(sale, before.tax)}]
    return {
        "id": sale.number * 100 + place,
        "name": item.name,
        "product_id": 700 + place,
        "variation_id": 0,
        "quantity": item.quantity,
        "tax_class": "" if item.rate == 2000 else "reduced-rate",
        "subtotal": _money(sale, before.net),
        "subtotal_tax": _money(sale, before.tax),
        "total": _money(sale, paid.net),
        "total_tax": _money(sale, paid.tax),
        "taxes": taxes if item.rate else [],
        "meta_data": [],
        "sku": item.sku,
        "global_unique_id": "",
        "price": float(decimal(paid.net, sale.currency)) / item.quantity,
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def _shipping(sale: Sale) -> list[dict[str, Any]]:
    if not sale.shipping:
        return []
    taxed = amounts(sale.shipping, sale.shipping_rate, sale.tax_included)
    rate = _rate_id(sale.shipping_rate)
    return [
        {
            "id": sale.number * 100 + 80,
            "method_title": "Courier",
            "method_id": "flat_rate",
            "instance_id": "1",
            "total": _money(sale, taxed.net),
            "total_tax": _money(sale, taxed.tax),
            "taxes": [{"id": rate, "total": _money(sale, taxed.tax), "subtotal": ""}],
            "meta_data": [],
        }
    ]


def _fees(sale: Sale) -> list[dict[str, Any]]:
    if not sale.tip:
        return []
    return [
        {
            "id": sale.number * 100 + 90,
            "name": "Tip",
            "tax_class": "",
            "tax_status": "none",
            "amount": decimal(sale.tip, sale.currency),
            "total": _money(sale, sale.tip),
            "total_tax": _money(sale, 0),
            "taxes": [],
            "meta_data": [],
        }
    ]


def _tax_lines(sale: Sale) -> list[dict[str, Any]]:
    rates = sorted({item.rate for item in sale.all_items if item.rate})
    return [
        {
            "id": sale.number * 100 + 70 + place,
            "rate_code": f"FR-TVA-{_rate_id(rate)}",
            "rate_id": _rate_id(rate),
            "label": "TVA",
            "compound": False,
            "tax_total": _money(sale, _tax_of(sale, rate, shipped=False)),
            "shipping_tax_total": _money(sale, _tax_of(sale, rate, shipped=True)),
            "rate_percent": rate / 100,
            "meta_data": [],
        }
        for place, rate in enumerate(rates)
    ]


def _tax_of(sale: Sale, rate: int, *, shipped: bool) -> int:
    pairs = list(zip(sale.all_items, line_amounts(sale), strict=True))
    parts = pairs[len(sale.items) :] if shipped else pairs[: len(sale.items)]
    return sum(money.tax for item, money in parts if item.rate == rate)


def _rate_id(rate: int) -> int:
    return {0: 0, 550: 1, 1000: 2, 2000: 3}.get(rate, 9)


def _money(sale: Sale, minor: int) -> str:
    text = decimal(minor, sale.currency)
    # WooCommerce writes as many decimals as its settings say: two, as it comes.
    return text if EXPONENTS[sale.currency] else f"{text}.00"


def _gmt(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _local(at: datetime) -> str:
    # A site in Lyon, in winter.
    return f"{at.astimezone(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"


def sign(request: Request, secret: str, _address: str) -> dict[str, str]:
    """Of the raw body, by the webhook's secret."""
    return {"X-WC-Webhook-Signature": hmac_base64(secret, request.body)}


WOOCOMMERCE = Vendor("woocommerce", requests, sign)
