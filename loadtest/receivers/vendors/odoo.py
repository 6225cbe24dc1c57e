"""Odoo: an automation rule's "Send Webhook Notification" of a POS order.

https://github.com/odoo/odoo/blob/19.0/odoo/addons/base/models/ir_actions.py (_run_action_webhook)
It sends the chosen fields of the order, in the order of their names, unsigned; a one2many field is
a list of ids. So the lines come in a JSON field that docs/receivers/odoo.md has the code of.
"""

import json
from datetime import UTC, datetime
from typing import Any

from loadtest.receivers.delivery import Request, Vendor
from loadtest.receivers.sales import (
    EXPONENTS,
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

#: Returns are orders of their own; their ids begin here.
_RETURNS = 1_000_000


def requests(sale: Sale) -> list[Request]:
    """The order, and each new return, which is an order of negative quantities."""
    told = [_request(order(sale))]
    if sale.refunds and sale.refunds[-1].at == sale.updated:
        told.append(_request(return_order(sale, sale.refunds[-1])))
    return told


def _request(body: dict[str, Any]) -> Request:
    headers = {"Content-Type": "application/json", "User-Agent": "python-requests/2.31.0"}
    return Request(headers, json.dumps(body, sort_keys=True, default=str).encode())


def order(sale: Sale) -> dict[str, Any]:
    """A paid order."""
    pairs = list(zip(sale.all_items, line_amounts(sale), strict=True))
    lines = [_line(sale, item, money) for item, money in pairs]
    for name, amount in (("Gift card", sale.gift_card_sold), ("Tips", sale.tip)):
        if amount:
            lines.append(_line(sale, Item("", name, "", 1, amount, 0), amounts(amount, 0, True)))
    payments = [
        {"method": each.mechanism, "amount": _amount(sale, each.amount), "is_change": False}
        for each in sale.tenders
    ]
    state = "cancel" if sale.cancelled else "paid"
    body = _body(sale, sale.number, sale.at, sale.updated, state, lines, payments)
    body["amount_total"] = _amount(sale, to_pay(sale))
    body["amount_tax"] = _amount(sale, sum(money.tax for _, money in pairs))
    return body


def return_order(sale: Sale, refund: Refund) -> dict[str, Any]:
    """A return."""
    money = returned_amounts(sale, refund)
    lines = []
    for each, parts in zip(refund.items, money, strict=True):
        item = sale.items[each.line]._replace(quantity=-each.quantity)
        lines.append(_line(sale, item, Money(-parts.net, -parts.tax, -parts.gross)))
    total = sum(each.gross for each in money)
    payments = [
        {
            "method": sale.tenders[0].mechanism,
            "amount": _amount(sale, -total),
            "is_change": False,
        }
    ]
    number = _RETURNS + refund.number
    body = _body(sale, number, refund.at, refund.at, "paid", lines, payments)
    body["x_tillstream"]["refunds"] = sale.number
    body["amount_total"] = _amount(sale, -total)
    body["amount_tax"] = _amount(sale, -sum(each.tax for each in money))
    return body


def _body(
    sale: Sale,
    number: int,
    at: datetime,
    updated: datetime,
    state: str,
    lines: list[dict[str, Any]],
    payments: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "_action": "Send to Tillstream(#731)",
        "_id": number,
        "_model": "pos.order",
        "id": number,
        "date_order": _stamp(at),
        "write_date": f"{_stamp(updated)}.000000",
        "pos_reference": f"Order {number:05d}-001-0001",
        "state": state,
        "x_tillstream": {
            "currency": sale.currency,
            "customer": 41,
            "employee": "Grace Example",
            "is_test": sale.is_test,
            "lines": lines,
            "payments": payments,
            "refunds": False,
            "shop": sale.store,
            "register": sale.till,
        },
    }


def _line(sale: Sale, item: Item, money: Money) -> dict[str, Any]:
    discounted = item.discount and item.discount / (item.quantity * item.price) * 100
    return {
        "category": item.category,
        "code": item.sku,
        "discount": round(discounted, 2),
        "is_gift_card": item.name == "Gift card",
        "is_tip": item.name == "Tips",
        "name": item.name,
        "price_subtotal": _amount(sale, money.net),
        "price_subtotal_incl": _amount(sale, money.gross),
        "price_unit": _amount(sale, item.price),
        "qty": float(item.quantity),
        "tax": item.rate / 100,
        "uom": "Units",
    }


def _amount(sale: Sale, minor: int) -> float:
    # Odoo's amounts are binary floats, rounded to the currency.
    return round(float(decimal(minor, sale.currency)), EXPONENTS[sale.currency])


def _stamp(at: datetime) -> str:
    # UTC, without saying so.
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def sign(_request: Request, _secret: str, _address: str) -> dict[str, str]:
    """Nothing: Odoo does not sign, the address has the secret."""
    return {}


def query(secret: str) -> str:
    """What follows the address."""
    return f"?token={secret}"


ODOO = Vendor("odoo", requests, sign, query)
