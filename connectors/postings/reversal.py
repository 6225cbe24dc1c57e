"""The receipt that takes another one back: each of its figures negated, on the same day."""

from typing import Any

#: What is negated: of a line, of the totals, of a tender. The price of one unit stays.
LINE = ("quantity", "creditAmount", "settlementAmount")
TOTALS = ("netTotal", "taxPayable", "grossTotal")
TENDER = ("settlementAmount",)
VOID = "void"


def reversed_receipt(receipt: dict[str, Any]) -> dict[str, Any]:
    """The reversal of a receipt as the contract has it; both together are 0 in every figure."""
    return receipt | {
        "transactionType": VOID,
        "lines": [_negated(line, LINE) for line in receipt["lines"]],
        "documentTotal": _negated(receipt["documentTotal"], TOTALS),
        "settlements": [_negated(tender, TENDER) for tender in receipt["settlements"]],
    }


def _negated(part: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return part | {name: -part[name] for name in names}
