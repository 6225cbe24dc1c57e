"""A receipt with its signs turned: what takes another one back."""

from typing import Any


def turned(receipt: dict[str, Any]) -> dict[str, Any]:
    """The same receipt, all amounts and quantities negated, as a void."""
    lines = [
        line | {name: -line[name] for name in ("quantity", "creditAmount", "settlementAmount")}
        for line in receipt["lines"]
    ]
    return receipt | {
        "lines": lines,
        "documentTotal": {name: -value for name, value in receipt["documentTotal"].items()},
        "settlements": [
            tender | {"settlementAmount": -tender["settlementAmount"]}
            for tender in receipt["settlements"]
        ],
        "transactionType": "void",
    }
