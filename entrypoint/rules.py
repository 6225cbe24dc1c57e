"""Arithmetic of a receipt: rules with ids, after the business rules of EN 16931.

Amounts are rounded half-even to cents first, so the float noise of a till breaks no rule. A
return is negative and keeps the same rules. Products of a quantity or of a rate may be rounded
either way at a tie, as tills differ in that.
"""

from collections.abc import Iterator

from tillstream.contracts import Receipt
from tillstream.money import minor_units

#: Every rule: its id and what it demands. In brackets, the rule of EN 16931 that it follows.
RULES: dict[str, str] = {
    "line-net": "line net = quantity x unit price, to the cent",
    "line-gross": "line gross = net + net x tax percentage, to the cent [BR-CO-17]",
    "sum-net": "sum of line nets = documentTotal.netTotal [BR-CO-10]",
    "sum-gross": "sum of line grosses = documentTotal.grossTotal",
    "total-gross": "documentTotal: grossTotal = netTotal + taxPayable [BR-CO-15]",
    "tenders": "sum of settlements = documentTotal.grossTotal",
}

#: Half a cent, and room for the float noise of a product.
_HALF_CENT = 0.5 + 1e-6


def broken_rules(receipt: Receipt) -> list[tuple[str, str, str]]:
    """Each broken rule as (rule id, JSON path, what was found); empty for sound arithmetic."""
    return list(_broken(receipt))


def _broken(receipt: Receipt) -> Iterator[tuple[str, str, str]]:
    net_sum = gross_sum = 0
    for index, line in enumerate(receipt.lines):
        net = minor_units(line.credit_amount)
        gross = minor_units(line.settlement_amount)
        net_sum += net
        gross_sum += gross
        product = line.quantity * line.unit_price * 100
        if abs(product - net) > _HALF_CENT:
            yield (
                "line-net",
                f"$.lines[{index}].creditAmount",
                f"{line.quantity:g} x {line.unit_price:g} is not {line.credit_amount:g}",
            )
        if abs(net * (1 + line.tax_percentage / 100) - gross) > _HALF_CENT:
            yield (
                "line-gross",
                f"$.lines[{index}].settlementAmount",
                f"{line.credit_amount:g} with {line.tax_percentage:g}% tax is not"
                f" {line.settlement_amount:g}",
            )
    total = receipt.document_total
    net, gross = minor_units(total.net_total), minor_units(total.gross_total)
    if net_sum != net:
        yield (
            "sum-net",
            "$.documentTotal.netTotal",
            f"the lines add up to {net_sum / 100:.2f}, not {net / 100:.2f}",
        )
    if gross_sum != gross:
        yield (
            "sum-gross",
            "$.documentTotal.grossTotal",
            f"the lines add up to {gross_sum / 100:.2f}, not {gross / 100:.2f}",
        )
    tax = minor_units(total.tax_payable)
    if net + tax != gross:
        yield (
            "total-gross",
            "$.documentTotal.grossTotal",
            f"{net / 100:.2f} + {tax / 100:.2f} is not {gross / 100:.2f}",
        )
    tendered = 0
    for settlement in receipt.settlements:
        tendered += minor_units(settlement.settlement_amount)
    if tendered != gross:
        yield (
            "tenders",
            "$.settlements",
            f"the tenders add up to {tendered / 100:.2f}, not {gross / 100:.2f}",
        )
