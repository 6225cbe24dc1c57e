"""Amounts of a receipt: exact minor units of its currency."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple


def nearest(amount: Decimal) -> int:
    """The whole number, a tie to the even one."""
    return int(amount.to_integral_value(ROUND_HALF_EVEN))


class Units(NamedTuple):
    """How a definition's amounts are read, and the contract's are written."""

    #: Decimals of the currency.
    exponent: int
    #: Whether the vendor's amounts are minor units.
    are_minor: bool
    #: Whether the vendor's rates are fractions of one.
    are_fractions: bool

    def minor(self, amount: Decimal) -> int:
        """The vendor's amount in minor units, rounded half-even."""
        return nearest(self.exact_minor(amount))

    def exact_minor(self, amount: Decimal) -> Decimal:
        """The vendor's amount in minor units, not rounded."""
        return amount if self.are_minor else amount.scaleb(self.exponent)

    def major(self, minor: int) -> Decimal:
        """Minor units as the contract's decimal."""
        return Decimal(minor).scaleb(-self.exponent)

    def percent(self, rate: Decimal) -> Decimal:
        """The vendor's rate in percent."""
        return rate * 100 if self.are_fractions else rate
