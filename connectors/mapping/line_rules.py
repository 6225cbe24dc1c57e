"""The door's rules for lines, of a receipt that was mapped: its totals hold as they are computed.

A vendor's own rounding may break them: by design the receipt counts and is marked.
"""

from tillstream.receipt import Receipt

_HALF_UNIT = 0.5 + 1e-6


def broken_rules(receipt: Receipt, exponent: int) -> list[str]:
    """Each broken rule with its path and what was found."""
    broken = []
    scale = 10**exponent
    for index, line in enumerate(receipt.lines):
        net = round(line.credit_amount * scale)
        gross = round(line.settlement_amount * scale)
        if abs(line.quantity * line.unit_price * scale - net) > _HALF_UNIT:
            broken.append(
                f"line-net at $.lines[{index}].creditAmount: {line.quantity:g} x"
                f" {line.unit_price:g} is not {line.credit_amount:g}"
            )
        if abs(net * (1 + line.tax_percentage / 100) - gross) > _HALF_UNIT:
            broken.append(
                f"line-gross at $.lines[{index}].settlementAmount: {line.credit_amount:g} with"
                f" {line.tax_percentage:g}% tax is not {line.settlement_amount:g}"
            )
    return broken
