"""Whether each line of a mapped receipt holds by itself; its totals hold, as they are computed."""

from tillstream.line_arithmetic import HALF_UNIT, gross_holds
from tillstream.receipt import Receipt


def broken_rules(receipt: Receipt, exponent: int) -> list[str]:
    """Each broken rule with its path and what was found."""
    broken = []
    scale = 10**exponent
    for index, line in enumerate(receipt.lines):
        net, gross = line.credit_amount * scale, line.settlement_amount * scale
        if abs(line.quantity * line.unit_price * scale - net) > HALF_UNIT:
            broken.append(
                f"line-net at $.lines[{index}].creditAmount: {line.quantity:g} x"
                f" {line.unit_price:g} is not {line.credit_amount:g}"
            )
        if not gross_holds(net, gross, line.tax_percentage):
            broken.append(
                f"line-gross at $.lines[{index}].settlementAmount: {line.credit_amount:g} with"
                f" {line.tax_percentage:g}% tax is not {line.settlement_amount:g}"
            )
    return broken
