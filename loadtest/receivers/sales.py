"""A sale as the sender knows it, and its amounts by plain integer arithmetic.

Written from what vendors document, and apart from the mapping that it proves: it imports nothing
of `tillstream`. Amounts are integer minor units of the sale's currency.
"""

from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

#: Digits after the point of the currencies that the sender knows (ISO 4217).
EXPONENTS = {"EUR": 2, "JPY": 0, "KWD": 3}


class Money(NamedTuple):
    """Amounts of a line: `gross` is `net` and `tax` together."""

    net: int
    tax: int
    gross: int

    def minus(self, other: "Money") -> "Money":
        """What is left without `other`."""
        return Money(self.net - other.net, self.tax - other.tax, self.gross - other.gross)


class Item(NamedTuple):
    """A line. `price` is of one unit as the shop writes it: with tax, or without."""

    sku: str
    name: str
    category: str
    quantity: int
    price: int
    #: Hundredths of a percent: 550 is 5.5 %.
    rate: int
    line_discount: int = 0
    #: Its part of a discount on the whole order.
    order_discount: int = 0

    @property
    def discount(self) -> int:
        """All that was taken off, in minor units."""
        return self.line_discount + self.order_discount

    @property
    def paid(self) -> int:
        """What the line costs, as the shop writes it."""
        return self.quantity * self.price - self.discount


class Returned(NamedTuple):
    """`quantity` units of line `line` came back, and `paid` was paid out for them."""

    line: int
    quantity: int
    paid: int


class Refund(NamedTuple):
    """What was returned at one time."""

    number: int
    at: datetime
    items: tuple[Returned, ...]


class Tender(NamedTuple):
    """One means of payment."""

    mechanism: str
    amount: int


class Sale(NamedTuple):
    """One version of a sale."""

    number: int
    store: str
    till: str
    #: When it was sold, aware.
    at: datetime
    #: When this version was written, aware; grows with each version.
    updated: datetime
    items: tuple[Item, ...]
    tenders: tuple[Tender, ...]
    currency: str = "EUR"
    tax_included: bool = True
    shipping: int = 0
    shipping_rate: int = 2000
    tip: int = 0
    gift_card_sold: int = 0
    refunds: tuple[Refund, ...] = ()
    version: int = 1
    cancelled: bool = False
    is_test: bool = False

    @property
    def all_items(self) -> tuple[Item, ...]:
        """The goods, and shipping as the line that it becomes."""
        if not self.shipping:
            return self.items
        shipped = Item("", "Courier", "Shipping", 1, self.shipping, self.shipping_rate)
        return (*self.items, shipped)


def amounts(paid: int, rate: int, tax_included: bool) -> Money:
    """`paid` split by `rate` (hundredths of a percent), the tax rounded half-even.

    >>> amounts(1100, 1000, True), amounts(1000, 1000, False)
    (Money(net=1000, tax=100, gross=1100), Money(net=1000, tax=100, gross=1100))
    """
    whole = 10_000 + rate if tax_included else 10_000
    tax = round(Fraction(paid * rate, whole))
    return Money(paid - tax, tax, paid) if tax_included else Money(paid, tax, paid + tax)


def line_amounts(sale: Sale) -> list[Money]:
    """Of each line of `all_items`."""
    return [amounts(item.paid, item.rate, sale.tax_included) for item in sale.all_items]


def returned_amounts(sale: Sale, refund: Refund) -> list[Money]:
    """Of each returned line, positive."""
    return [
        amounts(each.paid, sale.items[each.line].rate, sale.tax_included) for each in refund.items
    ]


def gross(sale: Sale) -> int:
    """What the goods and shipping cost with tax: without tips and gift cards sold."""
    return sum(each.gross for each in line_amounts(sale))


def to_pay(sale: Sale) -> int:
    """What the customer paid in all."""
    return gross(sale) + sale.tip + sale.gift_card_sold


def decimal(minor: int, currency: str) -> str:
    """Minor units as vendors write them.

    >>> decimal(-5, "EUR"), decimal(1250, "JPY"), decimal(1250, "KWD")
    ('-0.05', '1250', '1.250')
    """
    places = EXPONENTS[currency]
    digits = f"{abs(minor):0{places + 1}d}"
    sign = "-" if minor < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def percent(rate: int) -> str:
    """Hundredths of a percent as a decimal: 550 is "5.5"."""
    return f"{rate / 100:.2f}".rstrip("0").rstrip(".")
