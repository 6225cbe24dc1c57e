"""Whether the net and the gross of a line belong to its tax rate, whichever of them is rounded.

A till that prices without tax rounds the gross, one that prices with it rounds the net. Of the
second no net need give the gross again: 2.40 at 5.5 % is 2.27, of which 5.5 % more is 2.39.
"""

#: Half a minor unit, and room for the float noise of a product.
HALF_UNIT = 0.5 + 1e-6


def gross_holds(net: float, gross: float, tax_percentage: float) -> bool:
    """Whether `gross` is `net` with its tax, or `net` is `gross` without it, to the minor unit.

    Both in minor units.
    """
    factor = 1 + tax_percentage / 100
    return abs(net * factor - gross) <= HALF_UNIT * max(1.0, factor)


def is_within_a_unit(net: float, gross: float, tax_percentage: float) -> bool:
    """Whether either is less than one minor unit off: the most that rounding a sum moves a line."""
    factor = 1 + tax_percentage / 100
    return abs(net * factor - gross) < max(1.0, factor) - 1e-6
