"""Square: `order.created`, `order.updated` and `payment.updated` name an order, which is fetched.

https://developer.squareup.com/reference/square/webhooks/order.updated
https://developer.squareup.com/docs/webhooks/step3validate
https://developer.squareup.com/reference/square/objects/Order
"""

import json
import uuid
from datetime import datetime
from typing import Any

from loadtest.receivers.delivery import Request, Vendor, hmac_base64
from loadtest.receivers.sales import Sale
from loadtest.receivers.vendors.square_orders import (
    instant,
    order,
    order_id,
    refund_id,
    refund_order,
)

MERCHANT = "MLEXAMPLEMERCHANT"


def requests(sale: Sale) -> list[Request]:
    """The event of the order, and of the order that a new return is."""
    kind = "order.created" if sale.version == 1 else "order.updated"
    told = [_event(kind, order_id(sale.number), sale.store, sale.updated, sale.version)]
    if sale.refunds and sale.refunds[-1].at == sale.updated:
        number = sale.refunds[-1].number
        told.append(_event("order.created", refund_id(number), sale.store, sale.updated, 1))
    return told


def _event(kind: str, named: str, store: str, at: datetime, version: int) -> Request:
    wrapped = kind.replace(".", "_")
    body = {
        "merchant_id": MERCHANT,
        "type": kind,
        "event_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{named}/{version}")),
        "created_at": instant(at),
        "data": {
            "type": wrapped,
            "id": named,
            "object": {
                wrapped: {
                    "created_at": instant(at),
                    "updated_at": instant(at),
                    "location_id": store,
                    "order_id": named,
                    "state": "COMPLETED",
                    "version": version,
                }
            },
        },
    }
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Square Connect v2",
        "square-environment": "Production",
        "square-initial-delivery-timestamp": instant(at),
    }
    return Request(headers, json.dumps(body).encode(), named)


def orders(sale: Sale) -> dict[str, dict[str, Any]]:
    """What RetrieveOrder answers, by the orders' ids."""
    found = {order_id(sale.number): {"order": order(sale)}}
    for refund in sale.refunds:
        found[refund_id(refund.number)] = {"order": refund_order(sale, refund)}
    return found


def sign(request: Request, secret: str, address: str) -> dict[str, str]:
    """Of the notification's address and the raw body, by the subscription's signature key."""
    signed = address.encode() + request.body
    return {"x-square-hmacsha256-signature": hmac_base64(secret, signed)}


SQUARE = Vendor("square", requests, sign, orders=orders)
