"""Amounts as integer minor units (cents, yen, fils), rounded half-even; no float is ever summed."""

from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from tillstream.currencies import EXPONENT

#: Minor units in one unit of most currencies: 100 cents in a euro.
MINOR_UNITS: int = 10**EXPONENT

#: Quantities are kept in thousandths: 0.250 kg is 250.
MILLI = 1000


# Prices and quantities repeat: a look-up costs a fifth of the rounding.
@lru_cache(maxsize=65_536)
def minor_units(amount: float, exponent: int = EXPONENT) -> int:
    """`amount` in minor units of its currency, rounded half-even on its decimal text.

    `exponent`: digits after the point of the currency (`currencies.EXPONENTS`).

    A till sends decimals through binary floats: 5.720000000000001 means 5.72. The shortest
    decimal text of the float is what the till printed, so a tie is decided on that text and
    not on the binary value: 1.015 is 102, 1.005 is 100.

    >>> minor_units(6), minor_units(5.90), minor_units(5.720000000000001)
    (600, 590, 572)
    >>> minor_units(590.5, 0), minor_units(5.9005, 3)
    (590, 5900)
    """
    return _scaled(amount, 10**exponent)


@lru_cache(maxsize=4_096)
def milli_units(quantity: float) -> int:
    """`quantity` as thousandths, rounded half-even on its decimal text."""
    return _scaled(quantity, MILLI)


def _scaled(amount: float, scale: int) -> int:
    scaled = amount * scale
    nearest = round(scaled)
    # Far from a tie the binary product cannot be on the wrong side of it.
    if abs(scaled - nearest) < 0.49:
        return nearest
    exact = Decimal(repr(amount)) * scale
    return int(exact.to_integral_value(ROUND_HALF_EVEN))


def decimal_text(minor: int, exponent: int = EXPONENT) -> str:
    """Minor units as decimal text: 1190 is "11.90", -5 is "-0.05"; with 0 digits "1190".

    `exponent`: digits after the point of the currency (`currencies.EXPONENTS`).
    """
    sign = "-" if minor < 0 else ""
    if not exponent:
        return f"{sign}{abs(minor)}"
    whole, rest = divmod(abs(minor), 10**exponent)
    return f"{sign}{whole}.{rest:0{exponent}d}"


def basis_points(percentage: float) -> int:
    """A tax rate in hundredths of a percent, rounded half-even on its decimal text: 5.5 is 550."""
    return minor_units(percentage)


def rate_text(basis_points: int) -> str:
    """A tax rate in percent, as its key and its name everywhere: 550 is "5.5", 2000 is "20"."""
    return decimal_text(basis_points).rstrip("0").rstrip(".")
