"""Orders as Square's API shows them.

https://developer.squareup.com/reference/square/objects/Order
"""

from datetime import UTC, datetime
from typing import Any

from loadtest.receivers.sales import (
    Item,
    Money,
    Refund,
    Sale,
    amounts,
    line_amounts,
    percent,
    returned_amounts,
    to_pay,
)


def order(sale: Sale) -> dict[str, Any]:
    """The order as the API shows it."""
    pairs = list(zip(sale.items, line_amounts(sale), strict=False))
    every = line_amounts(sale)
    lines = [_line(sale, place, item, money) for place, (item, money) in enumerate(pairs)]
    if sale.gift_card_sold:
        card = Item("", "eGift Card", "", 1, sale.gift_card_sold, 0)
        money = amounts(sale.gift_card_sold, 0, True)
        lines.append({**_line(sale, 90, card, money), "item_type": "GIFT_CARD"})
    return {
        "id": order_id(sale.number),
        "location_id": sale.store,
        "customer_id": "EXAMPLECUSTOMER1",
        "source": {"name": "Square Point of Sale"},
        "reference_id": "",
        "line_items": lines,
        "service_charges": _shipping(sale),
        "taxes": _taxes(sale),
        "discounts": [],
        "tenders": [
            {
                "id": f"TENDER{sale.number}{place}",
                "location_id": sale.store,
                "transaction_id": order_id(sale.number),
                "created_at": instant(sale.at),
                "type": each.mechanism,
                # With the tip, other than the amount of a payment.
                "amount_money": _money(sale, each.amount),
                "tip_money": _money(sale, sale.tip if place == 0 else 0),
                "card_details": {"status": "CAPTURED", "entry_method": "CONTACTLESS"},
            }
            for place, each in enumerate(sale.tenders)
        ],
        "created_at": instant(sale.at),
        "closed_at": instant(sale.at),
        "updated_at": instant(sale.updated),
        "state": "CANCELED" if sale.cancelled else "COMPLETED",
        "version": sale.version,
        "total_money": _money(sale, to_pay(sale)),
        "total_tax_money": _money(sale, sum(each.tax for each in every)),
        "total_discount_money": _money(sale, sum(item.discount for item in sale.items)),
        "total_tip_money": _money(sale, sale.tip),
        "total_service_charge_money": _money(sale, sum(e.gross for e in every[len(pairs) :])),
        "net_amounts": {"total_money": _money(sale, to_pay(sale))},
        "ticket_name": str(sale.number),
    }


def refund_order(sale: Sale, refund: Refund) -> dict[str, Any]:
    """A return, which is an order without lines."""
    money = returned_amounts(sale, refund)
    total = sum(each.gross for each in money)
    lines = []
    for place, (each, parts) in enumerate(zip(refund.items, money, strict=True)):
        item = sale.items[each.line]
        back = item._replace(quantity=each.quantity, line_discount=0, order_discount=0)
        line = _line(sale, place, back, parts)
        lines.append({**line, "source_line_item_uid": _uid(sale.number, each.line)})
    return {
        "id": refund_id(refund.number),
        "location_id": sale.store,
        "customer_id": "EXAMPLECUSTOMER1",
        "source": {"name": "Square Point of Sale"},
        "returns": [
            {
                "uid": _uid(refund.number, 99),
                "source_order_id": order_id(sale.number),
                "return_line_items": lines,
                "return_taxes": _taxes(sale),
            }
        ],
        "return_amounts": {
            "total_money": _money(sale, total),
            "tax_money": _money(sale, sum(each.tax for each in money)),
        },
        "refunds": [
            {
                "id": f"REFUND{refund.number}",
                "location_id": sale.store,
                "transaction_id": refund_id(refund.number),
                "tender_id": f"TENDER{sale.number}0",
                "created_at": instant(refund.at),
                "reason": "",
                "amount_money": _money(sale, total),
                "status": "APPROVED",
            }
        ],
        "created_at": instant(refund.at),
        "closed_at": instant(refund.at),
        "updated_at": instant(refund.at),
        "state": "COMPLETED",
        "version": 1,
        "total_money": _money(sale, 0),
        "total_tax_money": _money(sale, 0),
        "total_tip_money": _money(sale, 0),
        "net_amounts": {"total_money": _money(sale, -total)},
        "ticket_name": str(refund.number),
    }


def _line(sale: Sale, place: int, item: Item, money: Money) -> dict[str, Any]:
    applied = [
        {
            "uid": _uid(sale.number, place * 10 + 1),
            "tax_uid": f"tax{item.rate}",
            "applied_money": _money(sale, money.tax),
        }
    ]
    return {
        "uid": _uid(sale.number, place),
        "catalog_object_id": item.sku,
        "catalog_version": 1,
        "name": item.name,
        "variation_name": item.category,
        "item_type": "ITEM",
        "quantity": str(item.quantity),
        "base_price_money": _money(sale, item.price),
        "gross_sales_money": _money(sale, item.quantity * item.price),
        "variation_total_price_money": _money(sale, item.quantity * item.price),
        "total_discount_money": _money(sale, item.discount),
        "total_tax_money": _money(sale, money.tax),
        "total_money": _money(sale, money.gross),
        "applied_taxes": applied if item.rate else [],
    }


def _shipping(sale: Sale) -> list[dict[str, Any]]:
    if not sale.shipping:
        return []
    taxed = amounts(sale.shipping, sale.shipping_rate, sale.tax_included)
    return [
        {
            "uid": _uid(sale.number, 80),
            "name": "Courier",
            "amount_money": _money(sale, sale.shipping),
            "applied_money": _money(sale, sale.shipping),
            "total_money": _money(sale, taxed.gross),
            "total_tax_money": _money(sale, taxed.tax),
            "calculation_phase": "SUBTOTAL_PHASE",
            "taxable": True,
            "applied_taxes": [
                {
                    "uid": _uid(sale.number, 81),
                    "tax_uid": f"tax{sale.shipping_rate}",
                    "applied_money": _money(sale, taxed.tax),
                }
            ],
        }
    ]


def _taxes(sale: Sale) -> list[dict[str, Any]]:
    rates = sorted({item.rate for item in sale.all_items if item.rate})
    kind = "INCLUSIVE" if sale.tax_included else "ADDITIVE"
    return [
        {
            "uid": f"tax{rate}",
            "name": "TVA",
            "percentage": percent(rate),
            "type": kind,
            "scope": "LINE_ITEM",
        }
        for rate in rates
    ]


def order_id(number: int) -> str:
    """Of a sale."""
    return f"SALE{number:016d}"


def refund_id(number: int) -> str:
    """Of the order that a return is."""
    return f"RETURN{number:014d}"


def _uid(number: int, place: int) -> str:
    return f"uid-{number}-{place}"


def _money(sale: Sale, minor: int) -> dict[str, Any]:
    return {"amount": minor, "currency": sale.currency}


def instant(at: datetime) -> str:
    """As Square writes a time."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
