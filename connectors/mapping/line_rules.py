"""Whether each line of a mapped receipt holds by itself; its totals hold, as they are computed.

The door demands that net and tax give the gross. Where a vendor's prices have the tax in them, the
net is rounded instead, and no net of whole cents need give that gross: 2.40 at 5.5 % is 2.27, of
which 5.5 % more is 2.39. So a line holds here if it does in either direction.
"""

from tillstream.receipt import Receipt

#: Half a minor unit, and room for the float noise of a product.
_HALF_UNIT = 0.5 + 1e-6


def broken_rules(receipt: Receipt, exponent: int) -> list[str]:
    """Each broken rule with its path and what was found."""
    broken = []
    scale = 10**exponent
    for index, line in enumerate(receipt.lines):
        net, gross = line.credit_amount * scale, line.settlement_amount * scale
        if abs(line.quantity * line.unit_price * scale - net) > _HALF_UNIT:
            broken.append(
                f"line-net at $.lines[{index}].creditAmount: {line.quantity:g} x"
                f" {line.unit_price:g} is not {line.credit_amount:g}"
            )
        factor = 1 + line.tax_percentage / 100
        if min(abs(net * factor - gross), abs(gross / factor - net)) > _HALF_UNIT:
            broken.append(
                f"line-gross at $.lines[{index}].settlementAmount: {line.credit_amount:g} with"
                f" {line.tax_percentage:g}% tax is not {line.settlement_amount:g}"
            )
    return broken
