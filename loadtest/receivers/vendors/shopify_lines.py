"""Lines, discounts and shipping of an order of Shopify."""

from typing import Any

from loadtest.receivers.sales import Item, Sale, amounts, decimal


def applications(sale: Sale) -> list[dict[str, Any]]:
    """Discounts of lines, then of the whole order."""
    of_lines = sum(item.line_discount for item in sale.items)
    of_order = sum(item.order_discount for item in sale.items)
    return [
        {
            "type": "manual",
            "target_type": "line_item",
            "target_selection": selection,
            "allocation_method": "across",
            "title": title,
            "value": money(sale, amount),
            "value_type": "fixed_amount",
        }
        for title, selection, amount in (
            ("Day-old", "explicit", of_lines),
            ("Order", "all", of_order),
        )
        if amount
    ]


def order_lines(sale: Sale) -> list[dict[str, Any]]:
    """The goods, then a gift card and a tip, which are lines of their own."""
    lines = [_line(sale, place, item) for place, item in enumerate(sale.items)]
    extra = Item("", "Gift card", "", 1, sale.gift_card_sold, 0)
    if sale.gift_card_sold:
        lines.append({**_line(sale, 90, extra), "gift_card": True, "taxable": False})
    if sale.tip:
        tip = Item("", "Tip", "", 1, sale.tip, 0)
        gateway = {"payment_gateway": "shopify_payments", "payment_method": "Visa"}
        lines.append({**_line(sale, 91, tip), "taxable": False, "tip": gateway})
    return lines


def _line(sale: Sale, place: int, item: Item) -> dict[str, Any]:
    taxed = amounts(item.paid, item.rate, sale.tax_included)
    of_order = len(applications(sale)) - 1
    allocations = [
        {"amount": money(sale, amount), "discount_application_index": index}
        for index, amount in ((0, item.line_discount), (of_order, item.order_discount))
        if amount
    ]
    return {
        "id": 14_000_000_000_000 + sale.number * 100 + place,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{sale.number * 100 + place}",
        "current_quantity": item.quantity,
        "discount_allocations": allocations,
        "fulfillable_quantity": 0,
        "fulfillment_service": "manual",
        "fulfillment_status": "fulfilled",
        "gift_card": False,
        "grams": 0,
        "name": item.name,
        "price": money(sale, item.price),
        "product_exists": True,
        "product_id": 8_000_000_000_000 + place,
        "properties": [],
        "quantity": item.quantity,
        "requires_shipping": False,
        "sku": item.sku,
        "tax_lines": _tax_lines(sale, item.rate, taxed.tax),
        "taxable": True,
        "title": item.name,
        "total_discount": money(sale, 0),
        "variant_id": 44_000_000_000_000 + place,
        "variant_title": None,
        "vendor": item.category,
    }


def shipping_lines(sale: Sale) -> list[dict[str, Any]]:
    """None or one."""
    if not sale.shipping:
        return []
    taxed = amounts(sale.shipping, sale.shipping_rate, sale.tax_included)
    return [
        {
            "id": 4_700_000_000_000 + sale.number,
            "code": "Courier",
            "title": "Courier",
            "source": "shopify",
            "price": money(sale, sale.shipping),
            "discounted_price": money(sale, sale.shipping),
            "discount_allocations": [],
            "tax_lines": _tax_lines(sale, sale.shipping_rate, taxed.tax),
        }
    ]


def _tax_lines(sale: Sale, rate: int, tax: int) -> list[dict[str, Any]]:
    if not rate:
        return []
    priced = {"price": money(sale, tax), "rate": rate / 10_000, "title": "TVA"}
    return [{**priced, "channel_liable": False}]


def money(sale: Sale, minor: int) -> str:
    """As Shopify writes it, in the currency's own decimals."""
    return decimal(minor, sale.currency)
