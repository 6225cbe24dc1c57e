"""Exact arithmetic of receipt lines: integer cents and thousandths, rounded half-even."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import msgspec

from generator.catalogue import Product, vat_rate
from tillstream.currencies import CURRENCY, EXPONENT
from tillstream.money import MILLI, MINOR_UNITS
from tillstream.receipt import Line

AMOUNTS_KEPT = 100_000


class Tariff(NamedTuple):
    """Shelf prices in a currency: those in cents times `per_cent` over `of`, to whole `step`s."""

    code: str
    #: Digits after the point.
    exponent: int
    per_cent: int
    of: int
    step: int

    def price(self, cents: int) -> int:
        """Minor units of the currency."""
        return max(self.step, half_even(cents * self.per_cent, self.of * self.step) * self.step)


EUROS = Tariff(CURRENCY, EXPONENT, 1, 1, 1)


@dataclass(frozen=True, eq=False, slots=True)
class PricedLine:
    """A line as it travels, and its figures as integers: minor units and thousandths.

    Lines are shared, so they are counted by their identity.
    """

    wire: Line
    #: `wire` as JSON.
    text: bytes
    product: Product
    eat_in: bool
    quantity_milli: int
    net: int
    tax: int
    gross: int

    @property
    def category(self) -> str:
        """The name of the product's category."""
        return self.product.category


class AmountTexts(dict[int, bytes]):
    """Cents to the JSON number of their euros; each is written once and then looked up."""

    def __missing__(self, minor: int) -> bytes:
        text = msgspec.json.encode(euros(minor))
        # Totals of a bakery are few; what is rare is not kept.
        if len(self) < AMOUNTS_KEPT:
            self[minor] = text
        return text


def half_even(numerator: int, denominator: int) -> int:
    """The nearest integer to a fraction, a tie going to the even one; -2.5 is -2."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient % 2))


def net_unit_price(price: int, rate: int) -> int:
    """A shelf price, VAT included, as net cents: the till format's `unitPrice` is net."""
    return half_even(price * 1000, 1000 + rate)


def euros(minor: int) -> float:
    """Cents as the JSON number a till writes: whole euros as 6, others as 5.9 or 11.95."""
    whole, cents = divmod(minor, MINOR_UNITS)
    return minor / MINOR_UNITS if cents else whole


def major(minor: int, exponent: int) -> float:
    """Minor units of a currency as the JSON number a till writes."""
    scale: int = 10**exponent
    whole, rest = divmod(minor, scale)
    return minor / scale if rest else whole


def scaled(milli: int) -> float:
    """Thousandths as a JSON number: 2000 is 2, 250 is 0.25."""
    whole, rest = divmod(milli, MILLI)
    return milli / MILLI if rest else whole


# A bakery sells the same few thousand lines again and again; they are immutable and shared.
@lru_cache(maxsize=1 << 16)
def priced_line(
    product: Product, quantity_milli: int, eat_in: bool, number: int, tariff: Tariff = EUROS
) -> PricedLine:
    """Line `number` of a receipt; a negative quantity takes the sale of it back.

    net = quantity x net unit price, tax = net x rate, gross = net + tax, each to the minor unit.
    """
    rate = vat_rate(product, eat_in)
    unit_price = net_unit_price(tariff.price(product.price), rate)
    net = half_even(quantity_milli * unit_price, MILLI)
    tax = half_even(net * rate, 1000)
    wire = Line(
        line_number=number,
        product_code=product.code,
        product_description=product.description,
        product_category_code=product.category_code,
        product_category_name=product.category,
        quantity=scaled(quantity_milli),
        unit_of_measure=product.unit,
        unit_price=major(unit_price, tariff.exponent),
        credit_amount=major(net, tariff.exponent),
        tax_percentage=rate / 10 if rate % 10 else rate // 10,
        settlement_amount=major(net + tax, tariff.exponent),
    )
    text = msgspec.json.encode(wire)
    return PricedLine(wire, text, product, eat_in, quantity_milli, net, tax, net + tax)


def reversed_line(line: PricedLine, number: int) -> PricedLine:
    """The line that takes `line` back, exactly."""
    return priced_line(line.product, -line.quantity_milli, line.eat_in, number)
