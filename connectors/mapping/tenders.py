"""The tenders of a receipt: what was paid, less what of it is no revenue."""

from decimal import Decimal
from typing import Any

from connectors.mapping.amounts import Units
from connectors.mapping.documents import MappingError
from connectors.mapping.scope import Scope
from tillstream.receivers.definition import DocumentMap, Money

_NAME_LENGTH = 100


def computed_tenders(
    scope: Scope, document: DocumentMap, units: Units, sign: int, gross: int, lines: int
) -> list[dict[str, Any]]:
    """Tenders that add up to `gross`, minor units; raises MappingError.

    What is no revenue is a tender of the negative amount. What no tender covers is that of
    `rest`, where the definition has one; at most a minor unit for each of so many lines is that
    of `rounding`.
    """
    found = [
        *_found(scope, document.tenders, units, sign),
        *_found(scope, document.not_revenue, units, -sign),
    ]
    left = gross - sum(amount for _, amount in found)
    rounding = document.values.get("rounding")
    if left and rounding is not None and abs(left) <= lines:
        found.append((scope.needed_cut(rounding, _NAME_LENGTH), left))
        left = 0
    rest = document.values.get("rest")
    if left and rest is None:
        raise MappingError(
            "tenders",
            f"{document.path}.tenders",
            f"the tenders add up to {units.major(gross - left)}, the lines to {units.major(gross)}",
            "mend the tenders or what is no revenue, or name the difference by 'rest'",
        )
    if left and rest is not None:
        found.append((scope.needed_cut(rest, _NAME_LENGTH), left))
    return [
        {"paymentMechanism": name, "settlementAmount": units.major(amount)}
        for name, amount in found
    ]


def _found(
    scope: Scope, tenders: tuple[Money, ...], units: Units, sign: int
) -> list[tuple[str, int]]:
    found = []
    for money in tenders:
        for element in scope.elements(money.each, money.path):
            inner = scope.inner(element)
            amount = sign * units.minor(inner.number(money.values["amount"]) or Decimal(0))
            if amount:
                found.append((inner.needed_cut(money.values["name"], _NAME_LENGTH), amount))
    return found
