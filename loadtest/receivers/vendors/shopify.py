"""Shopify: `orders/create`, `orders/updated`, `orders/cancelled` and `refunds/create`.

https://shopify.dev/docs/api/admin-rest/latest/resources/order
https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
"""

import json
import uuid
from typing import Any

from loadtest.receivers.delivery import Request, Vendor, hmac_base64
from loadtest.receivers.sales import (
    Refund,
    Sale,
    gross,
    line_amounts,
    returned_amounts,
    to_pay,
)
from loadtest.receivers.vendors.shopify_lines import (
    applications,
    money,
    order_lines,
    shipping_lines,
)

DOMAIN = "maison-levain.myshopify.com"


def requests(sale: Sale) -> list[Request]:
    """The order, and before it the newest refund alone, as Shopify does on a refund."""
    if sale.cancelled:
        return [_request("orders/cancelled", sale, order(sale))]
    if sale.version == 1:
        return [_request("orders/create", sale, order(sale))]
    told = [_request("orders/updated", sale, order(sale))]
    if sale.refunds and sale.refunds[-1].at == sale.updated:
        alone = refund_body(sale, sale.refunds[-1])
        told.insert(0, _request("refunds/create", sale, alone))
    return told


def _request(topic: str, sale: Sale, body: dict[str, Any]) -> Request:
    event = uuid.uuid5(uuid.NAMESPACE_URL, f"{topic}/{sale.number}/{sale.version}")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": str(uuid.uuid5(event, "webhook")),
        "X-Shopify-Event-Id": str(event),
        "X-Shopify-Triggered-At": sale.updated.isoformat(),
        "X-Shopify-Test": "true" if sale.is_test else "false",
    }
    return Request(headers, json.dumps(body, ensure_ascii=False).encode())


def order(sale: Sale) -> dict[str, Any]:
    """The whole order."""
    parts = line_amounts(sale)
    names = [tender.mechanism for tender in sale.tenders]
    return {
        "id": 5_600_000_000_000 + sale.number,
        "admin_graphql_api_id": f"gid://shopify/Order/{5_600_000_000_000 + sale.number}",
        "app_id": 129785,
        "browser_ip": None,
        "cancel_reason": "customer" if sale.cancelled else None,
        "cancelled_at": sale.updated.isoformat() if sale.cancelled else None,
        "cart_token": None,
        "checkout_id": 37_000_000_000 + sale.number,
        "client_details": None,
        "closed_at": None,
        "confirmed": True,
        "contact_email": "ada.example@example.org",
        "created_at": sale.at.isoformat(),
        "currency": sale.currency,
        "presentment_currency": sale.currency,
        "current_subtotal_price": money(sale, sum(item.paid for item in sale.items)),
        "current_total_price": money(sale, to_pay(sale)),
        "current_total_tax": money(sale, sum(each.tax for each in parts)),
        "customer": {
            "id": 7_100_000_000_001,
            "email": "ada.example@example.org",
            "first_name": "Ada",
            "last_name": "Example",
            "currency": sale.currency,
            "state": "disabled",
            "tax_exempt": False,
        },
        "customer_locale": "fr-FR",
        "device_id": int(sale.till),
        "discount_applications": applications(sale),
        "discount_codes": [],
        "email": "ada.example@example.org",
        "financial_status": "partially_refunded" if sale.refunds else "paid",
        "fulfillment_status": "fulfilled",
        "fulfillments": [],
        "line_items": order_lines(sale),
        "location_id": int(sale.store),
        "name": f"#{sale.number}",
        "note": None,
        "note_attributes": [],
        "number": sale.number - 1000,
        "order_number": sale.number,
        "payment_gateway_names": names,
        "processed_at": sale.at.isoformat(),
        "refunds": [refund_body(sale, refund) for refund in sale.refunds],
        "shipping_address": None,
        "shipping_lines": shipping_lines(sale),
        "source_name": "pos",
        "subtotal_price": money(sale, sum(item.paid for item in sale.items)),
        "tags": "",
        "tax_lines": [],
        "taxes_included": sale.tax_included,
        "test": sale.is_test,
        "token": uuid.uuid5(uuid.NAMESPACE_URL, f"order/{sale.number}").hex,
        "total_discounts": money(sale, sum(item.discount for item in sale.items)),
        "total_line_items_price": money(sale, sum(i.quantity * i.price for i in sale.items)),
        "total_outstanding": money(sale, 0),
        "total_price": money(sale, to_pay(sale)),
        "total_tax": money(sale, gross(sale) - sum(each.net for each in parts)),
        "total_tip_received": money(sale, sale.tip),
        "total_weight": 0,
        "updated_at": sale.updated.isoformat(),
        "user_id": 91_000_000_001,
    }


def refund_body(sale: Sale, refund: Refund) -> dict[str, Any]:
    """A refund, as it stands in the order and alone."""
    back = returned_amounts(sale, refund)
    lines = order_lines(sale)
    return {
        "id": 890_000_000_000 + refund.number,
        "order_id": 5_600_000_000_000 + sale.number,
        "created_at": refund.at.isoformat(),
        "processed_at": refund.at.isoformat(),
        "note": "",
        "user_id": 91_000_000_001,
        "restock": False,
        "order_adjustments": [],
        "refund_line_items": [
            {
                "id": 460_000_000_000 + refund.number * 100 + place,
                "line_item_id": lines[each.line]["id"],
                "line_item": lines[each.line],
                "location_id": int(sale.store),
                "quantity": each.quantity,
                "restock_type": "no_restock",
                "subtotal": money(sale, each.paid),
                "total_tax": money(sale, parts.tax),
            }
            for place, (each, parts) in enumerate(zip(refund.items, back, strict=True))
        ],
        "transactions": [
            {
                "id": 670_000_000_000 + refund.number,
                "kind": "refund",
                "status": "success",
                "gateway": sale.tenders[0].mechanism,
                "amount": money(sale, sum(each.gross for each in back)),
                "currency": sale.currency,
                "processed_at": refund.at.isoformat(),
                "test": sale.is_test,
            }
        ],
    }


def sign(request: Request, secret: str, _address: str) -> dict[str, str]:
    """Of the raw body, by the app's client secret."""
    return {"X-Shopify-Hmac-SHA256": hmac_base64(secret, request.body)}


SHOPIFY = Vendor("shopify", requests, sign)
