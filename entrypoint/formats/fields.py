"""From the texts of XML, CSV or a form to the contract's types, guided by the contract itself."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tillstream.contracts import DocumentTotal, Line, Receipt, Settlement

#: Fields of the contract that are numbers, for each of its parts.
_NUMBERS: dict[type[msgspec.Struct], frozenset[str]] = {
    Receipt: frozenset(),
    Line: frozenset(
        {
            "lineNumber",
            "quantity",
            "unitPrice",
            "creditAmount",
            "taxPercentage",
            "settlementAmount",
        }
    ),
    DocumentTotal: frozenset({"netTotal", "taxPayable", "grossTotal"}),
    Settlement: frozenset({"settlementAmount"}),
}
_NULLABLE = frozenset({"agentID", "customerID"})


def typed(kind: type[msgspec.Struct], texts: Mapping[str, str]) -> dict[str, Any]:
    """`texts` with the numbers of `kind` as numbers; what is no number stays text.

    The contract then refuses that text by its path, with the same message as for JSON.
    """
    return {
        name: _number(text) if name in _NUMBERS[kind] else _text(name, text)
        for name, text in texts.items()
    }


def _number(text: str) -> int | float | str:
    stripped = text.strip()
    try:
        return int(stripped)
    except ValueError:
        pass
    try:
        number = float(stripped)
    except ValueError:
        return text
    return number if abs(number) < float("inf") else text


def _text(name: str, text: str) -> str | None:
    return None if name in _NULLABLE and not text.strip() else text
