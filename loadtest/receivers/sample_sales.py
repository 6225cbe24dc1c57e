"""The sales of receivers/samples, whose sums receivers/samples/README.md does by hand."""

from datetime import datetime, timedelta

from loadtest.receivers.history import Shape
from loadtest.receivers.registry import Known
from loadtest.receivers.sales import Item, Refund, Returned, Sale, Tender, to_pay

AT = datetime.fromisoformat("2026-11-21T09:12:30+01:00")
_BAGUETTE = Item("BAG-01", "Baguette", "Bread", 2, 120, 550)
_BREAD = Item("PAI-02", "Pain de campagne", "Bread", 1, 430, 550)
_CROISSANT = Item("CRO-01", "Croissant", "Viennoiserie", 3, 130, 550)
_SANDWICH = Item("SAN-04", "Sandwich", "Snacking", 1, 580, 1000)
_ESPRESSO = Item("CAF-01", "Espresso", "Drinks", 1, 180, 1000)
_TEA = Item("TEA-07", "Iced tea 33 cl", "Drinks", 1, 240, 550)
_LINEN_BAG = Item("BAG-99", "Linen bag", "Non-food", 1, 900, 2000)


def sample_sales(known: Known) -> dict[str, list[Sale]]:
    """By the folder: the versions in the order in which they come."""
    shape = known.shape
    later = AT + timedelta(minutes=25)
    plain = _sale(shape, 1001, _BAGUETTE, _ESPRESSO)
    # Of 15.60 after the line's own discount, 10 %: 0.40 and 1.16.
    discounted = _sale(
        shape,
        1002,
        _BREAD._replace(line_discount=30, order_discount=40),
        _SANDWICH._replace(quantity=2, order_discount=116),
    )
    refunded = _sale(shape, 1003, _CROISSANT, _SANDWICH)
    refund = Refund(10030, later, (Returned(0, 1, 130),))
    tipped = _sale(shape, 1004, _SANDWICH, _TEA)._replace(tip=100)
    edited = _sale(shape, 1005, _BAGUETTE)
    added = edited._replace(items=(_BAGUETTE, _CROISSANT), updated=later, version=2)
    found = {
        "sale": [plain],
        "discounts": [discounted],
        "refund": [refunded, refunded._replace(refunds=(refund,), updated=later, version=2)],
        "tip": [_split(shape, tipped)],
        "edited": [edited, _paid(added)],
        "cancelled": [plain, plain._replace(cancelled=True, updated=later, version=2)],
        "tax_added": [_paid(_sale(shape, 1007, _BREAD, _LINEN_BAG)._replace(tax_included=False))],
    }
    if shape.has_shipping:
        found["shipping"] = [_paid(_sale(shape, 1006, _LINEN_BAG)._replace(shipping=600))]
    if shape.has_gift_cards:
        sold = _paid(_sale(shape, 1008, _BAGUETTE)._replace(gift_card_sold=2500))
        used = _sale(shape, 1009, _SANDWICH)._replace(tenders=(Tender("gift_card", 580),))
        found["gift_card"] = [sold, used]
    if shape.has_tests:
        found["test"] = [plain._replace(is_test=True)]
    if known.vendor.name == "shopify":
        found["jpy"] = [_other(shape, 1010, "JPY", _SANDWICH._replace(price=648, rate=800))]
        found["kwd"] = [_other(shape, 1011, "KWD", _ESPRESSO._replace(price=1255, rate=0))]
    return found


def _sale(shape: Shape, number: int, *items: Item) -> Sale:
    sale = Sale(number, shape.stores[0], shape.tills[0], AT, AT, items, ())
    return _paid(sale)


def _paid(sale: Sale) -> Sale:
    return sale._replace(tenders=(Tender("CARD", to_pay(sale)),))


def _other(shape: Shape, number: int, currency: str, item: Item) -> Sale:
    return _paid(_sale(shape, number, item)._replace(currency=currency))


def _split(shape: Shape, sale: Sale) -> Sale:
    if not shape.splits_tenders:
        return _paid(sale)
    return sale._replace(tenders=(Tender("CARD", to_pay(sale) - 300), Tender("CASH", 300)))
