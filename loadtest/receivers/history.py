"""A generated day of sales with their versions: edits, returns, cancellations, tests."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from loadtest.receivers.sales import Item, Refund, Returned, Sale, Tender, to_pay

#: What the shop sells: number, name, category, price in hundredths of its currency, tax rate.
_GOODS = (
    ("BAG-01", "Baguette", "Bread", 120, 550),
    ("PAI-02", "Pain de campagne", "Bread", 430, 550),
    ("CRO-01", "Croissant", "Viennoiserie", 130, 550),
    ("SAN-04", "Sandwich", "Snacking", 580, 1000),
    ("CAF-01", "Espresso", "Drinks", 180, 1000),
    ("TEA-07", "Iced tea 33 cl", "Drinks", 240, 550),
    ("BAG-99", "Linen bag", "Non-food", 900, 2000),
)
#: Prices are typed in hundredths; other currencies have another unit.
_UNIT = {"EUR": (1, 1), "JPY": (1, 1), "KWD": (10, 1)}


class Shape(NamedTuple):
    """What a vendor can tell, so that the day asks for no more."""

    stores: tuple[str, ...]
    tills: tuple[str, ...]
    currency: str = "EUR"
    has_shipping: bool = True
    has_tips: bool = True
    has_gift_cards: bool = True
    has_returns: bool = True
    #: Whether each means of payment is told with its amount.
    splits_tenders: bool = True
    #: Whether test orders are marked.
    has_tests: bool = False


def day(
    shape: Shape, orders: int, date: datetime, seed: int, first: int = 1001
) -> Iterator[list[Sale]]:
    """`orders` sales from the number `first` on, each with all its versions, oldest first."""
    rng = random.Random(seed)
    for number in range(first, first + orders):
        yield _versions(rng, _first(rng, shape, number, date), shape)


def _first(rng: random.Random, shape: Shape, number: int, date: datetime) -> Sale:
    place = rng.randrange(len(shape.stores))
    at = date.astimezone(UTC) + timedelta(seconds=rng.randrange(6 * 3600, 18 * 3600))
    included = rng.random() < 0.8
    items = tuple(_item(rng, shape) for _ in range(rng.randint(1, 4)))
    items = _with_order_discount(rng, items) if rng.random() < 0.2 else items
    sale = Sale(
        number=number,
        store=shape.stores[place],
        till=shape.tills[place],
        at=at,
        updated=at,
        items=items,
        tenders=(),
        currency=shape.currency,
        tax_included=included,
        shipping=_unit(shape, 600) if shape.has_shipping and rng.random() < 0.1 else 0,
        tip=_unit(shape, 150) if shape.has_tips and rng.random() < 0.1 else 0,
        gift_card_sold=_unit(shape, 2500) if shape.has_gift_cards and rng.random() < 0.03 else 0,
        is_test=shape.has_tests and rng.random() < 0.02,
    )
    return paid(rng, sale, shape)


def paid(rng: random.Random, sale: Sale, shape: Shape) -> Sale:
    """With tenders that add up, of one means or of two."""
    total = to_pay(sale)
    if shape.splits_tenders and total > 1 and rng.random() < 0.15:
        part = rng.randint(1, total - 1)
        return sale._replace(tenders=(Tender("CARD", total - part), Tender("CASH", part)))
    return sale._replace(tenders=(Tender(rng.choice(("CARD", "CASH")), total),))


def _item(rng: random.Random, shape: Shape) -> Item:
    sku, name, category, price, rate = rng.choice(_GOODS)
    quantity = rng.randint(1, 6)
    price = _unit(shape, price)
    discount = quantity * price // 5 if rng.random() < 0.1 else 0
    return Item(sku, name, category, quantity, price, rate, line_discount=discount)


def _with_order_discount(rng: random.Random, items: tuple[Item, ...]) -> tuple[Item, ...]:
    share = rng.randint(5, 20)
    return tuple(each._replace(order_discount=each.paid * share // 100) for each in items)


def _versions(rng: random.Random, first: Sale, shape: Shape) -> list[Sale]:
    versions = [first]
    for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2))):
        newest = versions[-1]
        later = newest.updated + timedelta(seconds=rng.randint(30, 3_000))
        changed = newest._replace(updated=later, version=newest.version + 1)
        kind = rng.random()
        if kind < 0.45 and not newest.refunds:
            changed = changed._replace(items=(*changed.items, _item(rng, shape)))
            changed = paid(rng, changed, shape)
        elif kind < 0.85 and shape.has_returns:
            changed = _with_return(rng, changed)
        elif not newest.refunds:
            changed = changed._replace(cancelled=True)
        versions.append(changed)
        if changed.cancelled:
            break
    return versions


def _with_return(rng: random.Random, sale: Sale) -> Sale:
    gone = {each.line for refund in sale.refunds for each in refund.items}
    left = [line for line in range(len(sale.items)) if line not in gone]
    if not left:
        return sale
    line = rng.choice(left)
    item = sale.items[line]
    quantity = rng.randint(1, item.quantity)
    back = Returned(line, quantity, item.paid * quantity // item.quantity)
    number = sale.number * 10 + len(sale.refunds)
    return sale._replace(refunds=(*sale.refunds, Refund(number, sale.updated, (back,))))


def _unit(shape: Shape, hundredths: int) -> int:
    times, over = _UNIT[shape.currency]
    return hundredths * times // over
