"""Arithmetic of a receipt: rules with ids, after the business rules of EN 16931.

Amounts are rounded half-even to minor units first, so the float noise of a till breaks no rule. A
return is negative and keeps the same rules. Products of a quantity or of a rate may be rounded
either way at a tie, as tills differ in that. Where a till rounds the sum of a tax rate and not each
line, the cent that is missing stands in a line: such a line is sound where its rate's sums are.
"""

from collections.abc import Iterable, Sequence
from functools import partial

from tillstream.checked_parts import CheckedLine, CheckedTenders
from tillstream.currencies import EXPONENT
from tillstream.line_arithmetic import gross_holds as holds_for_rate
from tillstream.line_arithmetic import is_within_a_unit
from tillstream.money import decimal_text, minor_units
from tillstream.receipt import DocumentTotal

#: Every rule: its id and what it demands. In brackets, the rule of EN 16931 that it follows.
RULES: dict[str, str] = {
    "line-net": "line net = quantity x unit price, to the cent",
    "line-gross": "line gross and net belong to the tax percentage, either one rounded [BR-CO-17]",
    "sum-net": "sum of line nets = documentTotal.netTotal [BR-CO-10]",
    "sum-gross": "sum of line grosses = documentTotal.grossTotal",
    "total-gross": "documentTotal: grossTotal = netTotal + taxPayable [BR-CO-15]",
    "tenders": "sum of settlements = documentTotal.grossTotal",
}

#: Mark of a receipt that is dated further ahead of our clock than the setting allows.
CLOCK_AHEAD = "clock-ahead"

#: A broken rule: its id, the JSON path, what was found.
Broken = tuple[str, str, str]


def broken_rules(
    total: DocumentTotal,
    lines: Sequence[CheckedLine],
    tenders: CheckedTenders,
    exponent: int = EXPONENT,
) -> list[Broken]:
    """Each broken rule as (rule id, JSON path, what was found); empty for sound arithmetic.

    `exponent`: digits after the point of the receipt's currency.
    """
    broken: list[Broken] = []
    net_sum = gross_sum = 0
    for index, (line, line_net, line_gross, net_holds, gross_holds, _) in enumerate(lines):
        net_sum += line_net
        gross_sum += line_gross
        if not net_holds:
            found = f"{line.quantity:g} x {line.unit_price:g} is not {line.credit_amount:g}"
            broken.append(("line-net", f"$.lines[{index}].creditAmount", found))
        if not (gross_holds or _has_a_unit_of_its_rate(lines[index], lines)):
            found = (
                f"{line.credit_amount:g} with {line.tax_percentage:g}% tax is not"
                f" {line.settlement_amount:g}"
            )
            broken.append(("line-gross", f"$.lines[{index}].settlementAmount", found))
    net, gross = minor_units(total.net_total, exponent), minor_units(total.gross_total, exponent)
    tax = minor_units(total.tax_payable, exponent)
    if net_sum == net and gross_sum == gross == tenders.total == net + tax:
        return broken
    text = partial(decimal_text, exponent=exponent)
    if net_sum != net:
        found = f"the lines add up to {text(net_sum)}, not {text(net)}"
        broken.append(("sum-net", "$.documentTotal.netTotal", found))
    if gross_sum != gross:
        found = f"the lines add up to {text(gross_sum)}, not {text(gross)}"
        broken.append(("sum-gross", "$.documentTotal.grossTotal", found))
    if net + tax != gross:
        found = f"{text(net)} + {text(tax)} is not {text(gross)}"
        broken.append(("total-gross", "$.documentTotal.grossTotal", found))
    if tenders.total != gross:
        found = f"the tenders add up to {text(tenders.total)}, not {text(gross)}"
        broken.append(("tenders", "$.settlements", found))
    return broken


def _has_a_unit_of_its_rate(one: CheckedLine, lines: Sequence[CheckedLine]) -> bool:
    """Whether a line is off by its share of a rounded sum: less than a unit, and the sum holds."""
    rate = one.line.tax_percentage
    if not is_within_a_unit(one.net, one.gross, rate):
        return False
    same = [line for line in lines if line.line.tax_percentage == rate]
    return holds_for_rate(sum(line.net for line in same), sum(line.gross for line in same), rate)


def marks_of(broken: Iterable[Broken], sold: float, came: float, ahead: float) -> list[str]:
    """The marks of a receipt: each rule that it breaks once, and whether it is dated ahead.

    `sold` and `came` are Unix seconds; it may be dated `ahead` seconds after it came.
    """
    marks = list(dict.fromkeys(rule for rule, _, _ in broken))
    if sold > came + ahead:
        marks.append(CLOCK_AHEAD)
    return marks
